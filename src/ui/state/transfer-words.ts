import type { SandglassError } from '#base/errors.ts';
import type { Transfer, TransferKind } from './transfers.svelte.ts';
import { errorInWords } from './words.ts';

interface Words {
  /** While it runs. */
  doing: string;
  /** What the reader cancelled. */
  action: string;
  /** What has not been done. */
  subject: string;
  participle: string;
}

const wordsOf: Record<TransferKind, (transfer: Pick<Transfer, 'name' | 'path'>) => Words> = {
  upload: ({ name }) => ({
    doing: `Uploading ${name}`,
    action: `The upload of ${name}`,
    subject: name,
    participle: 'uploaded',
  }),
  download: ({ name, path }) => ({
    doing: `Downloading ${name}`,
    action: `The download of ${name}`,
    subject: path,
    participle: 'downloaded',
  }),
  images: ({ name }) => ({
    doing: `Loading images of ${name}`,
    action: `The loading of ${name}`,
    subject: name,
    participle: 'loaded',
  }),
  save: () => ({
    doing: 'Saving the cluster',
    action: 'The saving of the cluster',
    subject: 'The cluster',
    participle: 'saved',
  }),
  open: ({ name }) => ({
    doing: `Opening ${name}`,
    action: `The opening of ${name}`,
    subject: name,
    participle: 'opened',
  }),
};

/** Such as `Uploading data.bin`. */
export function runningInWords(transfer: Transfer): string {
  return wordsOf[transfer.kind](transfer).doing;
}

export function cancelledInWords(transfer: Transfer): string {
  return `${wordsOf[transfer.kind](transfer).action} was cancelled.`;
}

export function failedInWords(transfer: Transfer, failure: SandglassError): string {
  const { subject, participle } = wordsOf[transfer.kind](transfer);
  const why = errorInWords(failure);
  // Most reasons name the file by themselves.
  return `${why.includes(subject) ? 'Not' : `${subject} was not`} ${participle}: ${why}`;
}
