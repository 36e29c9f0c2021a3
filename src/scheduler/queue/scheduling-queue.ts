import type { Clock } from '#base/clock.ts';
import { cancelledError, throwIfCancelled } from '#base/errors.ts';
import { timeOf } from '#kube/time.ts';
import type { Pod } from '#kube/types.ts';

/** upstream: pkg/scheduler/backend/queue/scheduling_queue.go */
const firstBackoff = 1_000;
const longestBackoff = 10_000;
const longestWait = 5 * 60_000;

type Place = 'active' | 'backoff' | 'unschedulable' | 'in-flight';

interface Entry {
  pod: Pod;
  place: Place;
  attempts: number;
  /** When the last attempt failed. */
  failedAt: number;
  /** Something changed while it was in flight. */
  isStale: boolean;
  cancelTimer: (() => void) | undefined;
}

/**
 * Pods that want a node. One that finds none waits for the cluster to change, at least its back-off
 * and at most five minutes.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of a pod that is new, or that changed in a way that may make it fit. */
  add(pod: Pod): void {
    const uid = uidOf(pod);
    const entry = this.#entries.get(uid);
    if (!entry) {
      const fresh: Entry = {
        pod,
        place: 'active',
        attempts: 0,
        failedAt: 0,
        isStale: false,
        cancelTimer: undefined,
      };
      this.#entries.set(uid, fresh);
      this.#wake?.();
      return;
    }
    entry.pod = pod;
    this.#retry(entry);
  }

  /** Of a pod that changed in a way that matters to nobody here, such as its conditions. */
  refresh(pod: Pod): void {
    const entry = this.#entries.get(uidOf(pod));
    if (entry) entry.pod = pod;
  }

  remove(pod: Pod): void {
    const uid = uidOf(pod);
    this.#entries.get(uid)?.cancelTimer?.();
    this.#entries.delete(uid);
  }

  /** The cluster has changed: those who found no node may find one now. */
  retryAll(): void {
    for (const entry of this.#entries.values()) this.#retry(entry);
  }

  /** The next pod, by priority and then by age. */
  async next(signal: AbortSignal): Promise<Pod> {
    for (;;) {
      throwIfCancelled(signal);
      const entry = this.#first();
      if (entry) {
        entry.place = 'in-flight';
        entry.isStale = false;
        return entry.pod;
      }
      await this.#changed(signal);
    }
  }

  /** The attempt failed. */
  fail(pod: Pod): void {
    const entry = this.#entries.get(uidOf(pod));
    if (entry?.place !== 'in-flight') return;
    entry.attempts++;
    entry.failedAt = this.#clock.now();
    entry.place = 'unschedulable';
    if (entry.isStale) this.#retry(entry);
    else this.#activateAfter(entry, longestWait);
  }

  #retry(entry: Entry): void {
    if (entry.place === 'in-flight') entry.isStale = true;
    if (entry.place !== 'unschedulable') return;
    const left = entry.failedAt + backoffOf(entry.attempts) - this.#clock.now();
    if (left > 0) {
      entry.place = 'backoff';
      this.#activateAfter(entry, left);
    } else {
      this.#activate(entry);
    }
  }

  #activateAfter(entry: Entry, milliseconds: number): void {
    entry.cancelTimer?.();
    entry.cancelTimer = this.#clock.schedule(milliseconds, () => this.#activate(entry));
  }

  #activate(entry: Entry): void {
    entry.cancelTimer?.();
    entry.cancelTimer = undefined;
    entry.place = 'active';
    this.#wake?.();
  }

  #first(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.place === 'active' && (!first || isBefore(entry.pod, first.pod))) first = entry;
    }
    return first;
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#wake = undefined;
        reject(cancelledError(signal));
      };
      this.#wake = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

function backoffOf(attempts: number): number {
  return Math.min(longestBackoff, firstBackoff * 2 ** Math.max(0, attempts - 1));
}

/** upstream: plugins/queuesort */
function isBefore(one: Pod, other: Pod): boolean {
  const [left, right] = [one.spec?.priority ?? 0, other.spec?.priority ?? 0];
  if (left !== right) return left > right;
  return ageOf(one) < ageOf(other);
}

function ageOf({ metadata }: Pod): number {
  return timeOf(metadata?.creationTimestamp ?? undefined);
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? '';
}
