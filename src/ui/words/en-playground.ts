export const playground = {
  noScript:
    'Sandglass runs a Linux machine in this page, which needs JavaScript. Please allow it for this site.',
  /** What a frame with it is called in another page. */
  frameTitle: (file: string) => `Sandglass: ${file}`,
  orientation: {
    title: 'A Kubernetes node, booted in this tab.',
    lead: 'This is root’s shell on it. kubectl and crictl are here; what you break is yours to break.',
    see: 'See it happen',
    work: 'Give it work, or trouble',
    xray: 'every call of API server, kubelet and runtime as it happens, down to the process. Hold one, step, look inside.',
    bench: 'manifests to apply, with examples; faults to make; clusters to save.',
    dismiss: 'Do not show this again',
  },
} as const;

/** What is wrong with a link that carries a manifest. */
export const permalink = {
  newer: 'The link that led here is of a newer version of this page.',
  tooLong: 'The link that led here is too long.',
  notWhole: 'The link that led here is damaged, or not whole.',
  damaged: 'The link that led here is damaged.',
  empty: 'The link that led here says nothing.',
  noManifest: 'The link that led here has no manifest.',
  badName: 'The link that led here gives its manifest a name that is not allowed.',
  tooMuch: 'The link that led here unpacks to too much.',
  manifestTooLong: 'This manifest is too long for a link; give it on as a file.',
} as const;
