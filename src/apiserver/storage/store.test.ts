import { describe, expect, it } from 'vitest';
import { Store, type Unversioned } from './store.ts';
import { StoreWatch } from './watch.ts';
import type { StoredObject } from './stored-object.ts';

function object(name: string, labels: Record<string, string> = {}): Unversioned {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z', labels },
  };
}

const names = (entries: readonly { key: string }[]) => entries.map(({ key }) => key);

describe('Store', () => {
  it('raises one revision over all collections and stamps it on what is written', () => {
    const store = new Store();
    const start = store.revision;
    expect(store.create('a', 'x', object('x')).metadata.resourceVersion).toBe(String(start + 1));
    expect(store.create('b', 'y', object('y')).metadata.resourceVersion).toBe(String(start + 2));
    expect(store.delete('a', 'x').metadata.resourceVersion).toBe(String(start + 3));
    expect(store.revision).toBe(start + 3);
  });

  it('hands out objects that nobody can change', () => {
    const store = new Store();
    const stored = store.create('a', 'x', object('x', { one: '1' }));
    expect(() => Object.assign(stored.metadata.labels ?? {}, { two: '2' })).toThrow(TypeError);
    expect(store.get('a', 'x')?.metadata.labels).toEqual({ one: '1' });
  });

  it('lists in order of the keys, within a prefix, now and as of a revision', () => {
    const store = new Store();
    for (const key of ['n/c', 'n/a', 'm/b', 'n-2/a']) store.create('a', key, object(key));
    const then = store.revision;
    store.delete('a', 'n/a');
    store.update('a', 'n/c', object('n/c', { changed: 'yes' }));
    store.create('a', 'n/b', object('n/b'));
    expect(names(store.list('a', 'n/'))).toEqual(['n/b', 'n/c']);
    expect(names(store.list('a', '', then))).toEqual(['m/b', 'n-2/a', 'n/a', 'n/c']);
    expect(store.list('a', 'n/c', then)[0]?.object.metadata.labels).toEqual({});
  });

  it('tells no more of what was compacted', () => {
    const store = new Store();
    store.create('a', 'x', object('x'));
    const before = store.revision;
    store.update('a', 'x', object('x', { two: '2' }));
    store.compact(store.revision);
    expect(() => store.changesAfter(before)).toThrow(`too old resource version: ${before} (3)`);
    expect(() => store.list('a', '', before)).toThrow(/too old resource version/);
    expect(store.changesAfter(store.revision)).toEqual([]);
  });

  it('compacts by itself when the log is full, keeping the latest changes', () => {
    const store = new Store({ logCapacity: 8 });
    store.create('a', 'x', object('x'));
    for (let at = 0; at < 100; at++) store.update('a', 'x', object('x', { at: String(at) }));
    const kept = store.changesAfter(store.compactedRevision);
    expect(kept.length).toBeGreaterThanOrEqual(8);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept.at(-1)?.object.metadata.labels).toEqual({ at: '99' });
  });

  it('is the same after a snapshot, and goes on counting', () => {
    const store = new Store();
    store.create('a', 'x', object('x'));
    store.create('a', 'y', object('y'));
    store.delete('a', 'x');
    const again = new Store({ snapshot: structuredClone(store.snapshot()) });
    expect(again.snapshot()).toEqual(store.snapshot());
    expect(again.create('a', 'z', object('z')).metadata.resourceVersion).toBe(
      String(store.revision + 1),
    );
    expect(() => again.changesAfter(1)).toThrow(/too old/);
  });

  it('refuses what is there already and what is not there', () => {
    const store = new Store();
    store.create('a', 'x', object('x'));
    const before = store.revision;
    expect(() => store.create('a', 'x', object('x'))).toThrow('already exists');
    expect(() => store.update('a', 'y', object('y'))).toThrow('not found');
    expect(() => store.delete('a', 'y')).toThrow('not found');
    expect(store.revision).toBe(before);
  });
});

describe('StoreWatch', () => {
  const isMarked = ({ metadata }: StoredObject) => metadata.labels?.['mark'] === 'yes';

  function watched(store: Store, revision = store.revision) {
    return new StoreWatch(store, { collection: 'a', prefix: 'n/', matches: isMarked }, revision);
  }

  it('tells what comes to match, changes, and ceases to match, in its last matching state', () => {
    const store = new Store();
    const watch = watched(store);
    store.create('a', 'n/x', object('x'));
    store.update('a', 'n/x', object('x', { mark: 'yes' }));
    store.update('a', 'n/x', object('x', { mark: 'yes', more: '1' }));
    const last = store.update('a', 'n/x', object('x'));
    store.update('a', 'n/x', object('x', { other: '1' }));
    const told = watch.take();
    expect(told.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
    expect(told[2]?.object.metadata).toMatchObject({
      labels: { mark: 'yes', more: '1' },
      resourceVersion: last.metadata.resourceVersion,
    });
  });

  it('keeps to its collection and prefix, and moves on with what is not its own', () => {
    const store = new Store({ logCapacity: 4 });
    const watch = watched(store);
    for (let at = 0; at < 50; at++) store.create('b', `n/${at}`, object(String(at)));
    store.create('a', 'm/x', object('x', { mark: 'yes' }));
    expect(watch.revision).toBe(store.revision);
    expect(watch.take()).toEqual([]);
    store.create('a', 'n/x', object('x', { mark: 'yes' }));
    expect(watch.take()).toHaveLength(1);
  });

  it('tells a reader who is too slow, and nobody else', () => {
    const store = new Store({ logCapacity: 4 });
    const [slow, quick] = [watched(store), watched(store)];
    store.create('a', 'n/x', object('x', { mark: 'yes' }));
    let seen = quick.take().length;
    for (let at = 0; at < 20; at++) {
      store.update('a', 'n/x', object('x', { mark: 'yes', at: String(at) }));
      seen += quick.take().length;
    }
    expect(seen).toBe(21);
    expect(() => slow.take()).toThrow(/too old resource version/);
  });

  it('wakes who waits, and lets go when the signal fires', async () => {
    const store = new Store();
    const watch = watched(store);
    const waiting = watch.wait(new AbortController().signal);
    store.create('a', 'n/x', object('x', { mark: 'yes' }));
    await waiting;
    expect(watch.take()).toHaveLength(1);
    const abort = new AbortController();
    const waitingAgain = watch.wait(abort.signal);
    abort.abort();
    await expect(waitingAgain).rejects.toMatchObject({ code: 'cancelled' });
  });
});
