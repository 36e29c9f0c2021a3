import { throwIfCancelled } from '#base/errors.ts';

/**
 * Does the same to each, one after another. One that fails is told of and keeps no other from its turn; tells whether
 * all went well. Rejects only when the signal fires.
 */
export async function tryEach<T>(
  items: Iterable<T>,
  { signal, onError }: { signal: AbortSignal; onError: (error: unknown) => void },
  run: (item: T) => Promise<void>,
): Promise<boolean> {
  let wentWell = true;
  for (const item of items) {
    try {
      await run(item);
    } catch (error) {
      throwIfCancelled(signal);
      onError(error);
      wentWell = false;
    }
  }
  return wentWell;
}
