import { beforeEach, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import type { ConfigMap } from '#kube/types.ts';
import { Store } from '#apiserver/storage/store.ts';
import {
  briefly,
  openWatch,
  startTestApi,
  testPod,
  type TestApi,
} from '#apiserver/testing/test-api.ts';

const path = '/api/v1/namespaces/default/configmaps';
let test: TestApi;

beforeEach(() => {
  test = startTestApi();
});

function configMap(name: string, labels: Record<string, string> = {}): ConfigMap {
  return { metadata: { name, namespace: 'default', labels } };
}

const create = (name: string, labels = {}) =>
  test.client.create(resources.configMaps, configMap(name, labels));
const remove = (name: string) =>
  test.client.delete(resources.configMaps, { namespace: 'default', name });

describe('watch', () => {
  it('tells what happens after a revision, in order, to whoever reads late', async () => {
    const { metadata } = await create('a');
    const watch = await openWatch(
      test,
      `${path}?watch=1&resourceVersion=${metadata?.resourceVersion ?? ''}`,
    );
    await create('b');
    await test.client.patch(
      resources.configMaps,
      { namespace: 'default', name: 'a' },
      { data: { x: '1' } },
    );
    await remove('b');
    const events = await watch.take(3);
    expect(events.map(briefly)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
    const versions = events.map(({ object }) => Number(object.metadata?.resourceVersion));
    expect(versions).toEqual([...versions].sort((one, other) => one - other));
    expect(new Set(versions).size).toBe(3);
  });

  it('begins with what is there, and says when that is all', async () => {
    await create('a');
    await create('b');
    const watch = await openWatch(
      test,
      `${path}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    const events = await watch.take(3);
    expect(events.map(briefly)).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK ']);
    expect(events[2]?.object.metadata).toMatchObject({
      annotations: { 'k8s.io/initial-events-end': 'true' },
      resourceVersion: events[1]?.object.metadata?.resourceVersion,
    });
    await create('c');
    expect((await watch.take(1)).map(briefly)).toEqual(['ADDED c']);
  });

  it.each(['', '&resourceVersion=0'])('begins so for old clients as well (%s)', async (query) => {
    await create('a');
    const watch = await openWatch(test, `${path}?watch=1${query}`);
    expect((await watch.take(1)).map(briefly)).toEqual(['ADDED a']);
  });

  it('turns what leaves and enters a selection into deletions and additions', async () => {
    const pods = '/api/v1/pods?watch=1&fieldSelector=spec.nodeName=node-1,status.phase!=Failed';
    const watch = await openWatch(test, pods);
    await test.client.create(resources.pods, testPod('a'));
    await test.client.bind({ namespace: 'default', name: 'a' }, 'node-1');
    await test.client.patch(
      resources.pods,
      { namespace: 'default', name: 'a' },
      { status: { phase: 'Failed' } },
      { subresource: 'status' },
    );
    expect((await watch.take(2)).map(briefly)).toEqual(['ADDED a', 'DELETED a']);
  });

  it('watches one object', async () => {
    const watch = await openWatch(test, `${path}/b?watch=1`);
    await create('a');
    await create('b');
    expect((await watch.take(1)).map(briefly)).toEqual(['ADDED b']);
  });

  it('tells a client whose revision is gone so, and ends', async () => {
    const { metadata } = await create('a');
    await create('b');
    test.api.compact();
    const watch = await openWatch(
      test,
      `${path}?watch=1&resourceVersion=${metadata?.resourceVersion ?? ''}`,
    );
    const [event] = await watch.take(1);
    expect(event).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: 'too old resource version: 6 (7)',
      },
    });
    expect(await watch.next()).toBeUndefined();
  });

  it('tells a reader who is too slow so, and ends', async () => {
    test = startTestApi({ store: new Store({ logCapacity: 8 }) });
    const watch = await openWatch(test, `${path}?watch=1`);
    for (let at = 0; at < 30; at++) await create(`c${at}`);
    expect((await watch.take(2)).map(({ type }) => type)).toEqual(['ERROR']);
  });

  it.each([
    [
      'sendInitialEvents=true',
      'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'resourceVersionMatch=NotOlderThan&resourceVersion=5',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    ['resourceVersion=new', 'strconv.ParseUint: parsing "new": invalid syntax'],
  ])('refuses %s', async (query, message) => {
    const answer = await test.send('GET', `${path}?watch=1&${query}`);
    expect([answer.code, answer.body.reason]).toEqual([422, 'Invalid']);
    expect(answer.body.message).toContain(message);
  });

  it('sends bookmarks each minute and before the end, to those who want them', async () => {
    const [asks, plain] = await Promise.all(
      ['&allowWatchBookmarks=true', ''].map((query) =>
        openWatch(test, `${path}?watch=1&resourceVersion=5&timeoutSeconds=100${query}`),
      ),
    );
    await test.client.create(resources.pods, testPod('other'));
    test.clock.advance(60_000);
    const [first] = (await asks?.take(1)) ?? [];
    expect(first).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: '6' } },
    });
    test.clock.advance(40_000);
    expect((await asks?.take(5))?.map(({ type }) => type)).toEqual(['BOOKMARK']);
    expect(await plain?.take(5)).toEqual([]);
  });

  it('ends with its time, its reader, its request and its server', async () => {
    const timed = await openWatch(test, `${path}?watch=1&timeoutSeconds=5`);
    const cancelled = await openWatch(test, `${path}?watch=1`);
    const abort = new AbortController();
    const request = new Request(`http://kubernetes${path}?watch=1`, { signal: abort.signal });
    const aborted = await test.api.fetch(request);
    const left = await openWatch(test, `${path}?watch=1`);
    test.clock.advance(5_000);
    expect(await timed.next()).toBeUndefined();
    await cancelled.cancel();
    abort.abort();
    expect(await aborted.text()).toBe('');
    test.api.close();
    expect(await left.next()).toBeUndefined();
  });

  it('shows tables whose columns come once', async () => {
    await create('a');
    const accept = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
    const request = new Request(`http://kubernetes${path}?watch=1`, { headers: accept });
    const { WatchReader } = await import('#apiserver/testing/test-api.ts');
    const watch = new WatchReader(await test.api.fetch(request));
    await create('b');
    const [first, second] = await watch.take(2);
    expect(first?.object.columnDefinitions).toHaveLength(3);
    expect(second?.object).toMatchObject({
      kind: 'Table',
      columnDefinitions: null,
      rows: [{ cells: ['b', 0, '0s'], object: { metadata: { name: 'b' } } }],
    });
  });

  it('gives every one of many watchers every change of many writers, in one order', async () => {
    const watchers = await Promise.all(
      Array.from({ length: 20 }, () => openWatch(test, `${path}?watch=1`)),
    );
    const writers = Array.from({ length: 5 }, async (_, writer) => {
      for (let at = 0; at < 20; at++) {
        const name = `w${writer}-${at}`;
        await create(name);
        await test.client.patch(
          resources.configMaps,
          { namespace: 'default', name },
          { data: { at: String(at) } },
        );
        if (at % 2 === 0) await remove(name);
      }
    });
    const [streams] = await Promise.all([
      Promise.all(watchers.map((watch) => watch.take(250))),
      Promise.all(writers),
    ]);
    const [first] = streams;
    const versions = first?.map(({ object }) => Number(object.metadata?.resourceVersion)) ?? [];
    expect(versions).toHaveLength(250);
    expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
    for (const stream of streams) expect(stream).toEqual(first);
    const left = new Set<string | undefined>();
    for (const { type, object } of first ?? []) {
      if (type === 'DELETED') left.delete(object.metadata?.name);
      else left.add(object.metadata?.name);
    }
    const list = await test.client.list(resources.configMaps, { namespace: 'default' });
    expect([...left].sort()).toEqual(list.items.map(({ metadata }) => metadata?.name).sort());
  });
});
