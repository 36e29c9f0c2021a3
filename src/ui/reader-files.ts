import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { words } from '#ui/words/words.ts';
import type { FileSink, ReaderFiles } from './state/receive-file.ts';

/** https://wicg.github.io/file-system-access/#api-showsavefilepicker; Chromium's browsers have it. */
type ShowSaveFilePicker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>;

const { showSaveFilePicker } = window as { showSaveFilePicker?: ShowSaveFilePicker };

/** This browser's ways to give the reader a file. */
export const readerFiles: ReaderFiles = {
  save,
  ...(showSaveFilePicker && { open: (name: string) => openByPicker(name, showSaveFilePicker) }),
};

function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the blob when the click returns, but Safari reads it a little later.
  systemClock.schedule(60_000, () => {
    URL.revokeObjectURL(url);
  });
}

async function openByPicker(name: string, show: ShowSaveFilePicker): Promise<FileSink> {
  try {
    const handle = await show({ suggestedName: name });
    return await handle.createWritable();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') {
      throw new SandglassError('cancelled', words.transfers.noPlaceChosen, { cause });
    }
    // A page that is embedded in another may not ask.
    const message = words.transfers.noPlace(name);
    throw new SandglassError('permission-denied', message, { cause });
  }
}
