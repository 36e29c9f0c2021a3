import type { ByteSource } from '#base/byte-stream.ts';
import { SandglassError, throwIfCancelled } from '#base/errors.ts';
import type { GuestProcess } from './process.ts';

/**
 * An output of a process up to the process's own end. The stream itself ends when nobody holds it any
 * more: a child that was left behind may keep it open for ever.
 */
export function ownOutput(process: GuestProcess, name: 'stdout' | 'stderr'): ByteSource {
  const source = process[name];
  if (!source) throw new SandglassError('invalid-argument', `The process has no ${name}.`);
  const enough = new AbortController();
  let length = 0;
  let wanted = Infinity;
  process.lengths.then(
    (lengths) => {
      wanted = lengths[name];
      if (length >= wanted) enough.abort();
    },
    () => undefined,
  );
  return {
    async read(signal) {
      throwIfCancelled(signal);
      if (length >= wanted) return undefined;
      try {
        const chunk = await source.read(
          signal ? AbortSignal.any([signal, enough.signal]) : enough.signal,
        );
        length += chunk?.length ?? 0;
        return chunk;
      } catch (error) {
        if (enough.signal.aborted && !signal?.aborted) return undefined;
        throw error;
      }
    },
    cancel() {
      source.cancel();
    },
  };
}
