import type { Clock } from '#base/clock.ts';
import { SandglassError, cancelledError } from '#base/errors.ts';
import { words } from '#ui/words/words.ts';
import { BrowserDatabase } from './browser-database.ts';
import { type SavedCluster, type SavedEntry, readEntries } from './saved-entry.ts';

/** What each cluster is in one store, its bytes in another, under the same key. */
const [factsStore, contentStore] = ['facts', 'content'];

/** Saved clusters in this browser's IndexedDB, the same for all tabs of the site. */
export class SavedClusterStore {
  readonly #database: BrowserDatabase;
  readonly #name: string;

  constructor(factory: IDBFactory | undefined, clock: Clock, name = 'sandglass-clusters') {
    this.#name = name;
    this.#database = new BrowserDatabase({
      factory,
      name,
      stores: [{ name: factsStore, keyPath: 'id' }, { name: contentStore }],
      clock,
    });
  }

  /** The latest first. */
  async list(): Promise<SavedEntry[]> {
    const { facts, contentIds } = await this.#database.run('readonly', (transaction) => ({
      facts: transaction.objectStore(factsStore).getAll(),
      contentIds: transaction.objectStore(contentStore).getAllKeys(),
    }));
    return readEntries(facts.result, contentIds.result);
  }

  /** Whole or not at all. Rejects with `resource-exhausted` where the browser has no room for it. */
  async save(
    facts: Omit<SavedCluster, 'id' | 'bytes'>,
    content: Blob,
    signal: AbortSignal,
  ): Promise<void> {
    const id = `${facts.savedAt}-${Math.random().toString(36).slice(2)}`;
    const { size: bytes } = content;
    await this.#database.run(
      'readwrite',
      (transaction) => {
        transaction.objectStore(contentStore).put(content, id);
        transaction.objectStore(factsStore).put({ ...facts, id, bytes } satisfies SavedCluster);
      },
      { bytes, signal },
    );
    if (signal.aborted) {
      // Too late for the browser to give it up.
      await this.delete(id);
      throw cancelledError(signal);
    }
    this.#tellTabs();
  }

  /** Rejects with `not-found` if it has been deleted, with `data-loss` if a part of it is missing. */
  async content({ id, name, bytes }: SavedCluster): Promise<Blob> {
    const { fact, content } = await this.#database.run('readonly', (transaction) => ({
      fact: transaction.objectStore(factsStore).getKey(id),
      content: transaction.objectStore(contentStore).get(id) as IDBRequest<unknown>,
    }));
    const found = content.result;
    const isGone = fact.result === undefined;
    if (!isGone && found instanceof Blob && found.size === bytes) return found;
    const { errors } = words.bench.saved;
    throw isGone
      ? new SandglassError('not-found', errors.gone(name))
      : new SandglassError('data-loss', errors.damaged(name));
  }

  /** Rejects with `not-found` if it has been deleted. */
  async rename({ id, name }: SavedCluster, newName: string): Promise<void> {
    const facts = await this.#database.run('readwrite', (transaction) => {
      const store = transaction.objectStore(factsStore);
      const facts = store.get(id) as IDBRequest<object | undefined>;
      facts.onsuccess = () => {
        if (facts.result) store.put({ ...facts.result, name: newName });
      };
      return facts;
    });
    if (!facts.result) throw new SandglassError('not-found', words.bench.saved.errors.gone(name));
    this.#tellTabs();
  }

  /** It may be gone already. */
  async delete(id: string): Promise<void> {
    await this.#database.run('readwrite', (transaction) => {
      transaction.objectStore(contentStore).delete(id);
      transaction.objectStore(factsStore).delete(id);
    });
    this.#tellTabs();
  }

  /** Calls back after each change by any tab, until what it gives is called. */
  watch(onChange: () => void): () => void {
    const channel = new BroadcastChannel(this.#name);
    channel.onmessage = onChange;
    return () => {
      channel.close();
    };
  }

  /** Whether the browser clears it only when the reader says so. A browser that is asked for that may ask the reader. */
  async lasts({ ask }: { ask: boolean }): Promise<boolean> {
    // Only pages that came over HTTPS or from this machine have it.
    const { storage } = navigator as Partial<Navigator>;
    if (!storage) return false;
    return ask ? storage.persist() : storage.persisted();
  }

  #tellTabs(): void {
    const channel = new BroadcastChannel(this.#name);
    channel.postMessage('changed');
    channel.close();
  }
}
