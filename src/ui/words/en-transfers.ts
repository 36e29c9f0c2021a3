/** Dialogs, and what they ask about files. */
export const dialogs = {
  close: 'Close',
  cancel: 'Cancel',
  noSlash: 'The path begins with a slash.',
  download: 'Download',
  downloadTitle: 'Download a file',
  downloadPath: (machine: string) => `Its path on ${machine}`,
  nameFile: 'Name a file; a folder must be packed first, for instance with tar.',
  upload: 'Upload',
  uploadOne: (file: string) => `Upload ${file}`,
  uploadMany: (count: number) => `Upload ${count} files`,
  uploadPath: (machine: string) => `Where to on ${machine}`,
  uploadFolder: (machine: string) => `Into which folder on ${machine}`,
} as const;

/** Files on their way, and clusters saved and opened. `failedSo` is for a reason that names the file itself. */
export const transfers = {
  list: 'Transfers',
  cancel: 'Cancel',
  cancelNamed: (doing: string) => `Cancel: ${doing}`,
  again: 'Try again…',
  againNamed: (failure: string) => `Try again…: ${failure}`,
  dismissNamed: (message: string) => `Dismiss: ${message}`,
  upload: {
    doing: (file: string) => `Uploading ${file}`,
    done: (file: string, path: string, size: string) => `Uploaded ${file} to ${path} (${size}).`,
    replaced: (file: string, path: string, size: string) =>
      `Uploaded ${file} to ${path} (${size}) and replaced what was there.`,
    cancelled: (file: string) => `The upload of ${file} was cancelled.`,
    failed: (file: string, why: string) => `${file} was not uploaded: ${why}`,
    failedSo: (why: string) => `Not uploaded: ${why}`,
  },
  download: {
    doing: (file: string) => `Downloading ${file}`,
    done: (path: string, size: string) => `Downloaded ${path} (${size}).`,
    cancelled: (file: string) => `The download of ${file} was cancelled.`,
    failed: (path: string, why: string) => `${path} was not downloaded: ${why}`,
    failedSo: (why: string) => `Not downloaded: ${why}`,
  },
  images: {
    doing: (file: string) => `Loading images of ${file}`,
    done: (images: readonly string[], file: string) => `Loaded ${images.join(', ')} from ${file}.`,
    cancelled: (file: string) => `The loading of ${file} was cancelled.`,
    failed: (file: string, why: string) => `${file} was not loaded: ${why}`,
    failedSo: (why: string) => `Not loaded: ${why}`,
  },
  save: {
    doing: () => 'Saving the cluster',
    done: (pods: string, file: string, size: string) =>
      `Saved the cluster with ${pods} in ${file} (${size}).`,
    cancelled: () => 'The saving of the cluster was cancelled.',
    /** What `failed` takes, and `failedSo` says by itself. */
    subject: 'The cluster',
    failed: (cluster: string, why: string) => `${cluster} was not saved: ${why}`,
    failedSo: (why: string) => `Not saved: ${why}`,
  },
  open: {
    doing: (file: string) => `Opening ${file}`,
    done: (time: string, pods: string) => `Opened the cluster of ${time}, with ${pods}.`,
    cancelled: (file: string) => `The opening of ${file} was cancelled.`,
    failed: (file: string, why: string) => `${file} was not opened: ${why}`,
    failedSo: (why: string) => `Not opened: ${why}`,
  },
  arrivedInPart: (file: string, arrived: string, whole: string) =>
    `Only ${arrived} of ${whole} of ${file} arrived.`,
  unreadable: (file: string) => `${file} could not be read.`,
  cancelled: 'The transfer was cancelled.',
  tooLarge: (size: string, limit: string) =>
    `The file has ${size}, and this browser takes no more than ${limit} from a page: cut it up first, for instance with split -b 500M.`,
  endless: (size: string, limit: string) =>
    `The file has brought ${size} and goes on, and this browser takes no more than ${limit} from a page: cut it up first, for instance with split -b 500M.`,
  noPlaceChosen: 'No place was chosen.',
  noPlace: (file: string) => `The browser gives this page no place for ${file} to be written to.`,
} as const;
