import { beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { Page } from '#ui/page.svelte.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { SavedBoard } from './saved-board.svelte.ts';
import type { SavedClusterStore } from './saved-cluster-store.ts';
import type { SavedCluster, SavedEntry } from './saved-entry.ts';

/** In memory, in place of the browser's; a test can have it fail. */
class MemoryStore implements Pick<SavedClusterStore, keyof SavedClusterStore> {
  readonly kept = new Map<string, { facts: SavedCluster; content: Blob }>();
  readonly watchers = new Set<() => void>();
  failure: SandglassError | undefined;
  asked = 0;

  list(): Promise<SavedEntry[]> {
    return this.#answer(() => [...this.kept.values()].map(({ facts }) => facts));
  }

  save(facts: Omit<SavedCluster, 'id' | 'bytes'>, content: Blob): Promise<void> {
    return this.#answer(() => {
      const id = `${this.kept.size + 1}`;
      this.kept.set(id, { facts: { ...facts, id, bytes: content.size }, content });
    });
  }

  content({ id, name }: SavedCluster): Promise<Blob> {
    return this.#answer(() => {
      const found = this.kept.get(id);
      if (!found) throw new SandglassError('not-found', `${name} is gone.`);
      return found.content;
    });
  }

  rename({ id }: SavedCluster, name: string): Promise<void> {
    return this.#answer(() => {
      const found = this.kept.get(id);
      if (found) found.facts = { ...found.facts, name };
    });
  }

  delete(id: string): Promise<void> {
    return this.#answer(() => void this.kept.delete(id));
  }

  watch(onChange: () => void): () => void {
    this.watchers.add(onChange);
    return () => this.watchers.delete(onChange);
  }

  lasts({ ask }: { ask: boolean }): Promise<boolean> {
    if (ask) this.asked++;
    return Promise.resolve(ask);
  }

  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    return answer();
  }
}

let node: FakeNode;
let page: Page;
let store: MemoryStore;
let board: SavedBoard;
let files: { name: string; content: Blob }[];

beforeEach(async () => {
  node = new FakeNode();
  files = [];
  page = new Page({
    frame: { locale: 'en', root: './', site: './' },
    connect: () => connectionTo(node),
    clock: new ManualClock(),
    visibility: { hidden: false, listen: () => () => undefined },
    store: undefined,
    readerFiles: { save: (name, content) => files.push({ name, content }) },
    mac: false,
  });
  store = new MemoryStore();
  board = new SavedBoard(page, store);
  await page.machine.start('snapshot');
});

/** Saves the cluster and gives what is listed then. */
async function savedOne(): Promise<SavedCluster> {
  await board.save();
  return vi.waitFor(() => {
    const [first] = board.entries ?? [];
    if (!first || 'isDamaged' in first) throw new Error('Nothing is listed.');
    return first;
  });
}

const lastMessage = () => page.transfers.list.at(-1)?.message;

test('a cluster is saved under its time, with what it is', async () => {
  const cluster = await savedOne();
  expect(cluster).toEqual({
    id: '1',
    name: 'Cluster of 2026-03-01 12:00:00 UTC',
    savedAt: Date.UTC(2026, 2, 1, 12),
    pods: 2,
    bytes: 5,
    build: 'this build',
  });
  expect(lastMessage()).toBe('Saved the cluster with 2 pods in this browser (5 bytes).');
  expect(board.totalBytes).toBe(5);
});

test('the browser is asked to let clusters last once there is one, and not before', async () => {
  const stop = board.follow();
  await vi.waitFor(() => {
    expect(board.entries).toEqual([]);
  });
  expect([store.asked, board.lasts]).toEqual([0, false]);
  await savedOne();
  await vi.waitFor(() => {
    expect(board.lasts).toBe(true);
  });
  stop();
});

test('a saved cluster takes the place of the one that runs', async () => {
  await board.open(await savedOne());
  expect(node.calls).toContain('open saved');
  expect(lastMessage()).toBe('Opened the cluster of 2026-03-01 12:00:00 UTC, with 2 pods.');
});

test('a saved cluster is handed over as a file, as the menu makes one', async () => {
  const cluster = await savedOne();
  await board.toFile(cluster);
  await page.transfers.saveCluster();
  expect(files.map(({ name }) => name)).toEqual(Array(2).fill('cluster-2026-03-01-1200.sandglass'));
  expect(await files[0]?.content.text()).toBe('saved');
});

test('a store that is full fails the saving, in its words, and it can be tried again', async () => {
  store.failure = new SandglassError('resource-exhausted', 'The browser has no room.');
  await board.save();
  expect(page.transfers.list.at(-1)).toMatchObject({
    state: 'failed',
    message: 'The cluster was not saved: The browser has no room.',
  });
  store.failure = undefined;
  const [failed] = page.transfers.list;
  if (failed) page.retry(failed);
  await vi.waitFor(() => {
    expect(board.entries).toHaveLength(1);
  });
});

test('two clicks save once', async () => {
  await Promise.all([board.save(), board.save()]);
  expect(store.kept.size).toBe(1);
  await board.save();
  expect(store.kept.size).toBe(2);
});

test('one that is gone is not opened, says so, and is listed no more', async () => {
  const cluster = await savedOne();
  store.kept.clear();
  await board.open(cluster);
  expect(board.problem).toBe('Cluster of 2026-03-01 12:00:00 UTC is gone.');
  expect(board.entries).toEqual([]);
  expect(node.calls).not.toContain('open saved');
  await board.delete(cluster);
  expect(board.problem).toBe('');
});

test('what another tab changes is seen, for as long as somebody looks', async () => {
  const stop = board.follow();
  const cluster = await savedOne();
  store.kept.set('2', { facts: { ...cluster, id: '2' }, content: new Blob() });
  for (const watcher of store.watchers) watcher();
  await vi.waitFor(() => {
    expect(board.entries).toHaveLength(2);
  });
  stop();
  expect(store.watchers.size).toBe(0);
});

test('a name is cleaned, and an empty one is none', async () => {
  await board.rename(await savedOne(), ' before \n the fall ');
  const names = () => board.entries?.map(({ name }) => name);
  expect(names()).toEqual(['before the fall']);
  const [cluster] = board.entries ?? [];
  await board.rename(cluster as SavedCluster, '  ');
  expect(names()).toEqual(['before the fall']);
});

test('one of another build is known, as soon as the page knows its own', async () => {
  const cluster = await savedOne();
  const other = { ...cluster, build: 'another' };
  expect(board.isOfAnotherBuild(other)).toBe(false);
  const stop = board.follow();
  await vi.waitFor(() => {
    expect(board.isOfAnotherBuild(other)).toBe(true);
  });
  expect(board.isOfAnotherBuild(cluster)).toBe(false);
  stop();
});

test('a store that cannot be read says why, until it can', async () => {
  store.failure = new SandglassError('permission-denied', 'Nothing is kept here.');
  const stop = board.follow();
  await vi.waitFor(() => {
    expect(board.problem).toBe('Nothing is kept here.');
  });
  expect(board.entries).toBeUndefined();
  store.failure = undefined;
  for (const watcher of store.watchers) watcher();
  await vi.waitFor(() => {
    expect(board.problem).toBe('');
  });
  stop();
});
