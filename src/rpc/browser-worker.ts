import { SandglassError } from '#base/errors.ts';
import { onLifeLockLost } from './life-lock.ts';
import type { WorkerLink } from './worker-connection.ts';

/** Also the name of the worker's life lock, so no two workers may share it. */
export function uniqueName(what: string): string {
  return `${what} ${Math.random().toString(36).slice(2)}`;
}

/** `who` begins the sentences that its end is told in. */
export function browserLink(worker: Worker, name: string, who: string): WorkerLink {
  const terminated = new AbortController();
  let reportDeath: (error: SandglassError) => void = () => undefined;
  return {
    endpoint: worker,
    onGreeted: () => {
      onLifeLockLost(name, terminated.signal, () => {
        reportDeath(new SandglassError('unavailable', `${who} ended without a word.`));
      });
    },
    onDeath: (report) => {
      reportDeath = report;
      worker.onerror = (event) => {
        event.preventDefault();
        report(
          new SandglassError(
            'unavailable',
            `${who} stopped: ${event.message || 'its script could not be loaded'}.`,
          ),
        );
      };
      worker.onmessageerror = () => {
        report(new SandglassError('internal', `A message of it could not be read. (${who})`));
      };
    },
    terminate: () => {
      terminated.abort();
      worker.terminate();
    },
  };
}
