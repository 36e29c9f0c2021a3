import type { SandglassError } from '#base/errors.ts';
import { words } from '#ui/words/words.ts';
import type { Transfer } from './transfers.svelte.ts';
import { errorInWords } from './words.ts';

/** Such as `Uploading data.bin`. */
export function runningInWords({ kind, name }: Transfer): string {
  return words.transfers[kind].doing(name);
}

export function cancelledInWords({ kind, name }: Transfer): string {
  return words.transfers[kind].cancelled(name);
}

export function failedInWords(transfer: Transfer, failure: SandglassError): string {
  const say = words.transfers[transfer.kind];
  const why = errorInWords(failure);
  const subject = subjectOf(transfer);
  // Most reasons name the file by themselves.
  return why.includes(subject) ? say.failedSo(why) : say.failed(subject, why);
}

/** What has not been done. */
function subjectOf({ kind, name, path }: Transfer): string {
  if (kind === 'save') return words.transfers.save.subject;
  return kind === 'download' ? path : name;
}
