import { SandglassError } from '#base/errors.ts';
import { Emitter, type Unsubscribe } from '#base/emitter.ts';
import { ChangeLog, type Change } from './change-log.ts';
import { deepFreeze, type StoredObject } from './stored-object.ts';

export interface Entry {
  key: string;
  object: StoredObject;
}

/** The whole store as plain data. The change log is not part of it: watchers begin anew after a restore. */
export interface StoreSnapshot {
  revision: number;
  collections: Record<string, Entry[]>;
}

/** What a write is given: an object that has no resource version yet. */
export type Unversioned = Omit<StoredObject, 'metadata'> & {
  metadata: Omit<StoredObject['metadata'], 'resourceVersion'> & { resourceVersion?: string };
};

/**
 * The objects of the cluster, after etcd: one revision for all collections that every write raises
 * by one, and the changes of the recent past. All of it is synchronous, so whoever reads and writes
 * without an `await` between has a transaction.
 */
export class Store {
  readonly #collections = new Map<string, Map<string, StoredObject>>();
  readonly #sortedKeys = new Map<string, readonly string[]>();
  readonly #changes = new Emitter<Change>();
  readonly #log: ChangeLog;
  #revision: number;

  constructor(options: { snapshot?: StoreSnapshot; logCapacity?: number } = {}) {
    const { snapshot } = options;
    this.#revision = snapshot?.revision ?? 1;
    this.#log = new ChangeLog(this.#revision, options.logCapacity);
    for (const [collection, entries] of Object.entries(snapshot?.collections ?? {})) {
      const objects = entries.map(({ key, object }) => [key, deepFreeze(object)] as const);
      this.#collections.set(collection, new Map(objects));
    }
  }

  /** The revision of the latest write. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes after this revision can still be told. */
  get compactedRevision(): number {
    return this.#log.compactedRevision;
  }

  get(collection: string, key: string): StoredObject | undefined {
    return this.#collections.get(collection)?.get(key);
  }

  /**
   * All entries whose key begins with `prefix`, in order of their keys, as of `revision`.
   * Throws `out-of-range` for a revision that was compacted.
   */
  list(collection: string, prefix = '', revision = this.#revision): Entry[] {
    if (revision >= this.#revision) return this.#listNow(collection, prefix);
    return this.#listThen(collection, prefix, revision);
  }

  create(collection: string, key: string, object: Unversioned): StoredObject {
    if (this.get(collection, key)) {
      throw new SandglassError('already-exists', `${collection} "${key}" already exists`);
    }
    this.#sortedKeys.delete(collection);
    return this.#put(collection, key, 'ADDED', object);
  }

  update(collection: string, key: string, object: Unversioned): StoredObject {
    this.#require(collection, key);
    return this.#put(collection, key, 'MODIFIED', object);
  }

  /** Removes; answers the last state under the revision of its removal. */
  delete(collection: string, key: string): StoredObject {
    const previous = this.#require(collection, key);
    const object = this.#versioned(previous);
    this.#collections.get(collection)?.delete(key);
    this.#sortedKeys.delete(collection);
    this.#record({ revision: this.#revision, collection, key, type: 'DELETED', object, previous });
    return object;
  }

  /** The changes after `revision`, oldest first. Throws `out-of-range` where some were compacted. */
  changesAfter(revision: number): readonly Change[] {
    return this.#log.after(revision);
  }

  /** Forgets the changes up to and with `revision`. */
  compact(revision: number): void {
    this.#log.compact(Math.min(revision, this.#revision));
  }

  listen(listener: (change: Change) => void): Unsubscribe {
    return this.#changes.listen(listener);
  }

  snapshot(): StoreSnapshot {
    const collections: Record<string, Entry[]> = {};
    for (const collection of this.#collections.keys()) {
      collections[collection] = this.list(collection);
    }
    return structuredClone({ revision: this.#revision, collections });
  }

  #put(
    collection: string,
    key: string,
    type: 'ADDED' | 'MODIFIED',
    given: Unversioned,
  ): StoredObject {
    const objects = this.#collections.get(collection) ?? new Map<string, StoredObject>();
    this.#collections.set(collection, objects);
    const previous = objects.get(key);
    const object = this.#versioned(given);
    objects.set(key, object);
    this.#record({ revision: this.#revision, collection, key, type, object, previous });
    return object;
  }

  #versioned(given: Unversioned): StoredObject {
    this.#revision++;
    const metadata = { ...given.metadata, resourceVersion: String(this.#revision) };
    return deepFreeze({ ...given, metadata });
  }

  #record(change: Change): void {
    this.#log.add(change);
    this.#changes.emit(change);
  }

  #require(collection: string, key: string): StoredObject {
    const object = this.get(collection, key);
    if (!object) throw new SandglassError('not-found', `${collection} "${key}" not found`);
    return object;
  }

  #listNow(collection: string, prefix: string): Entry[] {
    const objects = this.#collections.get(collection);
    if (!objects) return [];
    let keys = this.#sortedKeys.get(collection);
    if (!keys) {
      keys = [...objects.keys()].sort(byCodeUnits);
      this.#sortedKeys.set(collection, keys);
    }
    const entries: Entry[] = [];
    for (const key of keys) {
      const object = key.startsWith(prefix) ? objects.get(key) : undefined;
      if (object) entries.push({ key, object });
    }
    return entries;
  }

  /** The past is found by undoing what was changed since. */
  #listThen(collection: string, prefix: string, revision: number): Entry[] {
    const objects = new Map(this.#collections.get(collection));
    for (const change of this.changesAfter(revision).toReversed()) {
      if (change.collection !== collection) continue;
      if (change.previous) objects.set(change.key, change.previous);
      else objects.delete(change.key);
    }
    return [...objects]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([one], [other]) => byCodeUnits(one, other))
      .map(([key, object]) => ({ key, object }));
  }
}

function byCodeUnits(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
