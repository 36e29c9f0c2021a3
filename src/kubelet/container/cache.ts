import { type SandglassError, cancelledError, throwIfCancelled } from '#base/errors.ts';
import { fromConnectError } from '#kube/cri/errors.ts';
import { type PodStatus, emptyPodStatus } from './types.ts';

interface Entry {
  status: PodStatus;
  error: SandglassError | undefined;
  /** Which asking of the runtime it is from. */
  asking: number;
}

/**
 * The last known status of every pod, written by PLEG and waited for by the workers
 * (pkg/kubelet/container/cache.go). Newer and older are told by counting how often the runtime was
 * asked: clocks stand still between two events, in browsers and when held.
 */
export class PodStatusCache {
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #askings = 0;
  /** Everything is at least this new; what is not there did not exist then. */
  #complete = 0;

  /** Of the last asking that has begun: a status of a later one is newer than now. */
  get askings(): number {
    return this.#askings;
  }

  /** Begins to ask the runtime. */
  beginAsking(): number {
    return ++this.#askings;
  }

  get(uid: string): PodStatus {
    return this.#entries.get(uid)?.status ?? emptyPodStatus(uid);
  }

  set(uid: string, result: PodStatus | { error: unknown }, asking: number): void {
    const before = this.#entries.get(uid);
    if (before && before.asking > asking) return;
    this.#entries.set(
      uid,
      'error' in result
        ? { status: emptyPodStatus(uid), error: fromConnectError(result.error), asking }
        : { status: result, error: undefined, asking },
    );
    this.#wake(uid);
  }

  delete(uid: string): void {
    this.#entries.delete(uid);
  }

  /** Says that whatever had changed by this asking has been written. */
  complete(asking: number): void {
    this.#complete = asking;
    for (const uid of [...this.#waiting.keys()]) this.#wake(uid);
  }

  /** The pod's status of a later asking than this, waiting until there is one. */
  async getNewerThan(uid: string, asking: number, signal: AbortSignal): Promise<PodStatus> {
    for (;;) {
      throwIfCancelled(signal);
      const entry = this.#entries.get(uid);
      if (Math.max(entry?.asking ?? 0, this.#complete) > asking) {
        if (entry?.error) throw entry.error;
        return entry?.status ?? emptyPodStatus(uid);
      }
      await this.#changed(uid, signal);
    }
  }

  #wake(uid: string): void {
    const waiting = this.#waiting.get(uid);
    this.#waiting.delete(uid);
    for (const wake of waiting ?? []) wake();
  }

  #changed(uid: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(uid) ?? new Set();
      this.#waiting.set(uid, waiting);
      const wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        waiting.delete(wake);
        reject(cancelledError(signal));
      };
      waiting.add(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
