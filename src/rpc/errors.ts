import { transferHandlers } from 'comlink';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { Failure } from './contracts.ts';

interface ThrownMessage extends Failure {
  errno: string | undefined;
}

/** What comlink hands a `throw` handler: the thrown value, marked (comlink.ts, throwTransferHandler). */
interface Thrown {
  value: unknown;
}

let installed = false;

/** Makes errors keep their code and errno between threads. Call on both sides, before any other use of comlink. */
export function installErrorTransfer(): void {
  if (installed) return;
  installed = true;
  const original = transferHandlers.get('throw');
  if (!original) throw new SandglassError('internal', 'comlink has no handler for thrown values.');
  transferHandlers.set('throw', {
    canHandle: (value): value is Thrown => original.canHandle(value),
    serialize: (thrown: Thrown) => {
      const { code, message, errno } = asSandglassError(thrown.value);
      return [{ code, message, errno } satisfies ThrownMessage, []];
    },
    deserialize: ({ code, message, errno }: ThrownMessage) => {
      throw new SandglassError(code, message, errno === undefined ? {} : { errno });
    },
  });
}
