import { SandglassError } from '#base/errors.ts';
import type { StoredObject } from './stored-object.ts';

export interface Change {
  revision: number;
  collection: string;
  key: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: StoredObject;
  previous: StoredObject | undefined;
}

/**
 * Objects of successive changes are shared, so a change costs about one object: 4,000 pods are some
 * 20 MB, and at the rate of an idle node (leases and node status) they are hours.
 */
const usualCapacity = 4_000;

/** The recent changes in order of revision; the oldest are compacted away when there are too many. */
export class ChangeLog {
  readonly #capacity: number;
  #changes: Change[] = [];
  #compactedRevision: number;

  constructor(revision: number, capacity = usualCapacity) {
    this.#compactedRevision = revision;
    this.#capacity = capacity;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  add(change: Change): void {
    this.#changes.push(change);
    // A quarter at a time, so that dropping costs nothing per change.
    const surplus = this.#changes.length - this.#capacity;
    if (surplus > this.#capacity / 4) {
      this.compact(this.#changes[surplus - 1]?.revision ?? change.revision);
    }
  }

  after(revision: number): readonly Change[] {
    if (revision < this.#compactedRevision) {
      // upstream: apiserver/pkg/storage/cacher/watch_cache_history.go
      throw new SandglassError(
        'out-of-range',
        `too old resource version: ${revision} (${this.#compactedRevision})`,
      );
    }
    return this.#changes.slice(this.#indexAfter(revision));
  }

  compact(revision: number): void {
    if (revision <= this.#compactedRevision) return;
    this.#changes = this.#changes.slice(this.#indexAfter(revision));
    this.#compactedRevision = revision;
  }

  #indexAfter(revision: number): number {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
