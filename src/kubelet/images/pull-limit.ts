import { cancelledError, throwIfCancelled } from '#base/errors.ts';

/**
 * How many images are pulled at a time: one in serial, as the kubelet does by default, or up to
 * maxParallelImagePulls (pkg/kubelet/images/puller.go). Others wait in the order they came.
 */
export class PullLimit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor({ serialize, maxParallel = Infinity }: { serialize: boolean; maxParallel?: number }) {
    this.#free = serialize ? 1 : maxParallel;
  }

  async run<T>(pull: () => Promise<T>, signal: AbortSignal): Promise<T> {
    throwIfCancelled(signal);
    if (this.#free === 0) await this.#wait(signal);
    else this.#free--;
    try {
      return await pull();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const proceed = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(cancelledError(signal));
      };
      this.#waiting.push(proceed);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
