import { Emitter } from '#base/emitter.ts';
import { cancelledError, throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';

interface Running<T, P> {
  readonly result: Promise<T>;
  readonly progress: Emitter<P>;
  readonly abort: AbortController;
  waiting: number;
}

export interface ShareOptions<P> {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: P) => void) | undefined;
}

/** Work that callers of the same key share: it is done once, and given up when the last of them leaves. */
export class SharedWork<T, P> {
  readonly #running = new Map<string, Running<T, P>>();

  async run(
    key: string,
    start: (signal: AbortSignal, report: (progress: P) => void) => Promise<T>,
    { signal, onProgress }: ShareOptions<P> = {},
  ): Promise<T> {
    throwIfCancelled(signal);
    let running = this.#running.get(key);
    // It is being cleaned up after; what comes then is another try.
    while (running?.abort.signal.aborted) {
      await untilAborted(running.result.then(ignore, ignore), signal);
      running = this.#running.get(key);
    }
    running ??= this.#start(key, start);
    const stopListening = onProgress ? running.progress.listen(onProgress) : ignore;
    running.waiting += 1;
    try {
      return await untilAborted(running.result, signal);
    } catch (error) {
      if (!signal?.aborted) throw error;
      if (running.waiting === 1) {
        running.abort.abort(cancelledError(signal));
        await running.result.catch(ignore);
      }
      throw cancelledError(signal);
    } finally {
      running.waiting -= 1;
      stopListening();
    }
  }

  #start(
    key: string,
    start: (signal: AbortSignal, report: (progress: P) => void) => Promise<T>,
  ): Running<T, P> {
    const abort = new AbortController();
    const progress = new Emitter<P>();
    const result = start(abort.signal, (event) => {
      progress.emit(event);
    }).finally(() => this.#running.delete(key));
    result.catch(ignore);
    const running = { result, progress, abort, waiting: 0 };
    this.#running.set(key, running);
    return running;
  }
}

function ignore(): void {
  // nobody waits for this
}
