import { cancelledError, throwIfCancelled } from '#base/errors.ts';
import type { Change } from './change-log.ts';
import type { Store } from './store.ts';
import type { StoredObject } from './stored-object.ts';

export interface WatchScope {
  collection: string;
  /** Of the keys: a namespace with its slash, or nothing for all. */
  prefix: string;
  matches: (object: StoredObject) => boolean;
}

export interface WatchedChange {
  type: Change['type'];
  object: StoredObject;
}

/**
 * Tells the changes of a scope from a revision on. It holds a place in the store's log and no queue
 * of its own: a reader who falls behind what the log keeps is told so (`out-of-range`), and costs
 * the others nothing.
 */
export class StoreWatch {
  readonly #store: Store;
  readonly #scope: WatchScope;
  readonly #stopListening: () => void;
  #revision: number;
  /** Whether the scope changed after `#revision`. */
  #behind: boolean;
  #wake: (() => void) | undefined;

  constructor(store: Store, scope: WatchScope, revision: number) {
    this.#store = store;
    this.#scope = scope;
    this.#revision = revision;
    this.#behind = revision < store.revision;
    this.#stopListening = store.listen((change) => this.#onChange(change));
  }

  /** All changes up to this revision have been told. */
  get revision(): number {
    return this.#revision;
  }

  /** What has changed since the last call; may be nothing. */
  take(): WatchedChange[] {
    if (!this.#behind) return [];
    const changes = this.#store.changesAfter(this.#revision);
    this.#behind = false;
    this.#revision = Math.max(this.#revision, this.#store.revision);
    return changes.flatMap((change) => this.#toScope(change) ?? []);
  }

  /** Resolves when `take` may have something, or `nudge` is called; rejects when the signal fires. */
  async wait(signal: AbortSignal): Promise<void> {
    throwIfCancelled(signal);
    if (this.#behind) return;
    await new Promise<void>((resolve, reject) => {
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

  nudge(): void {
    this.#wake?.();
  }

  close(): void {
    this.#stopListening();
    this.nudge();
  }

  #onChange(change: Change): void {
    if (this.#concerns(change)) {
      this.#behind = true;
      this.nudge();
    } else if (!this.#behind) {
      this.#revision = Math.max(this.#revision, change.revision);
    }
  }

  #concerns({ collection, key }: Change): boolean {
    return collection === this.#scope.collection && key.startsWith(this.#scope.prefix);
  }

  /** An object that comes to match is told as added, one that ceases to as deleted, in its last matching state (upstream: cacher/cache_watcher.go, convertToWatchEvent). */
  #toScope(change: Change): WatchedChange | undefined {
    if (!this.#concerns(change)) return undefined;
    const { matches } = this.#scope;
    const { object, previous } = change;
    const matched = previous !== undefined && matches(previous);
    if (change.type === 'DELETED') return matched ? { type: 'DELETED', object } : undefined;
    if (matches(object)) return { type: matched ? 'MODIFIED' : 'ADDED', object };
    if (!matched) return undefined;
    const { resourceVersion } = object.metadata;
    const metadata = { ...previous.metadata, resourceVersion };
    return { type: 'DELETED', object: { ...previous, metadata } };
  }
}
