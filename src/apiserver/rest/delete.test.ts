import { beforeEach, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';
import { Store } from '#apiserver/storage/store.ts';
import {
  briefly,
  openWatch,
  startTestApi,
  testPod,
  type TestApi,
} from '#apiserver/testing/test-api.ts';

const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';
const mergePatch = { 'content-type': 'application/merge-patch+json' };
let test: TestApi;
let send: TestApi['send'];

beforeEach(() => {
  test = startTestApi();
  send = test.send;
});

async function createPod(name: string, bound: boolean, more: Partial<Pod['metadata']> = {}) {
  const pod = testPod(name);
  await test.client.create(resources.pods, { ...pod, metadata: { ...pod.metadata, ...more } });
  if (bound) await test.client.bind({ namespace: 'default', name }, 'node-1');
}

const exists = async (path: string) => (await send('GET', path)).code === 200;

describe('deleting', () => {
  it('lets a pod without a node go at once', async () => {
    await createPod('a', false);
    const watch = await openWatch(test, `${pods}?watch=1`);
    const answer = await send('DELETE', `${pods}/a`);
    expect(answer.code).toBe(200);
    expect(answer.body).toMatchObject({
      kind: 'Pod',
      metadata: {
        deletionTimestamp: '2026-01-01T00:00:00Z',
        deletionGracePeriodSeconds: 0,
        generation: 2,
      },
    });
    expect(await exists(`${pods}/a`)).toBe(false);
    expect((await watch.take(3)).map(briefly)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  });

  it('gives a pod on a node its grace, until the kubelet lets it go', async () => {
    await createPod('a', true);
    const answer = await send('DELETE', `${pods}/a`);
    expect(answer.body.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
      generation: 2,
    });
    const again = await send('DELETE', `${pods}/a`);
    expect(again.body.metadata?.resourceVersion).toBe(answer.body.metadata?.resourceVersion);
    const uid = answer.body.metadata?.uid;
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    expect((await send('DELETE', `${pods}/a`, options)).code).toBe(200);
    expect(await exists(`${pods}/a`)).toBe(false);
  });

  it.each([
    [10, 5, { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 5 }],
    [10, 60, { deletionTimestamp: '2026-01-01T00:00:10Z', deletionGracePeriodSeconds: 10 }],
    [-1, undefined, { deletionTimestamp: '2026-01-01T00:00:01Z', deletionGracePeriodSeconds: 1 }],
  ])('may only hasten: %s and then %s', async (first, second, metadata) => {
    await createPod('a', true);
    await send('DELETE', `${pods}/a`, { gracePeriodSeconds: first });
    const answer = await send(
      'DELETE',
      `${pods}/a`,
      second === undefined ? {} : { gracePeriodSeconds: second },
    );
    expect(answer.body.metadata).toMatchObject(metadata);
  });

  it('leaves a second to be seen when the hastened time is over', async () => {
    await createPod('a', true);
    await send('DELETE', `${pods}/a`);
    test.clock.advance(20_000);
    const answer = await send('DELETE', `${pods}/a`, { gracePeriodSeconds: 5 });
    expect(answer.body.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:20Z',
      deletionGracePeriodSeconds: 1,
    });
  });

  it('takes an ended pod away at once', async () => {
    await createPod('a', true);
    await send(
      'PATCH',
      `${pods}/a/status`,
      { status: { phase: 'Succeeded' } },
      { 'content-type': 'application/merge-patch+json' },
    );
    await send('DELETE', `${pods}/a`);
    expect(await exists(`${pods}/a`)).toBe(false);
  });

  it('waits for finalizers, and goes with the last', async () => {
    await createPod('a', false, { finalizers: ['example.com/one'] });
    const answer = await send('DELETE', `${pods}/a`);
    expect(answer.body.metadata).toMatchObject({ deletionGracePeriodSeconds: 0 });
    const kept = await send(
      'PATCH',
      `${pods}/a`,
      { metadata: { labels: { a: '1' }, deletionTimestamp: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(kept.body.metadata?.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
    const freed = await send(
      'PATCH',
      `${pods}/a`,
      { metadata: { finalizers: null } },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(freed.code).toBe(200);
    expect(await exists(`${pods}/a`)).toBe(false);
  });

  it('marks what knows no grace but has finalizers', async () => {
    await send('POST', configMaps, { metadata: { name: 'c', finalizers: ['example.com/one'] } });
    const answer = await send('DELETE', `${configMaps}/c`);
    expect(answer.body).toMatchObject({
      kind: 'ConfigMap',
      metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 },
    });
    const again = await send('POST', configMaps, { metadata: { name: 'c' } });
    expect(again.body.message).toBe('object is being deleted: configmaps "c" already exists');
  });

  it('answers with a Status for kinds that do so', async () => {
    const { body } = await send('POST', configMaps, { metadata: { name: 'c' } });
    const answer = await send('DELETE', `${configMaps}/c`);
    expect(answer.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'c', kind: 'configmaps', uid: body.metadata?.uid },
    });
  });

  it.each([
    [
      { uid: 'other' },
      /^Operation cannot be fulfilled on Pod "a": the UID in the precondition \(other\) does not match the UID in record \(/,
    ],
    [
      { resourceVersion: '1' },
      /the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record/,
    ],
  ])('holds to preconditions %j', async (preconditions, message) => {
    await createPod('a', false);
    const answer = await send('DELETE', `${pods}/a`, { preconditions });
    expect(answer.code).toBe(409);
    expect(answer.body.message).toMatch(message);
    expect(await exists(`${pods}/a`)).toBe(true);
  });

  it('takes options from the query when there is no body', async () => {
    await createPod('a', true);
    await send('DELETE', `${pods}/a?gracePeriodSeconds=0`);
    expect(await exists(`${pods}/a`)).toBe(false);
  });

  it('deletes what a selector leaves', async () => {
    for (const name of ['a', 'b', 'c']) {
      await send('POST', configMaps, {
        metadata: { name, labels: { last: String(name === 'c') } },
      });
    }
    const answer = await send('DELETE', `${configMaps}?labelSelector=last=false`);
    expect(answer.body.items?.map(({ metadata }) => metadata?.name)).toEqual(['a', 'b']);
    const left = await send('GET', configMaps);
    expect(left.body.items?.map(({ metadata }) => metadata?.name)).toEqual(['c']);
  });
});

describe('a namespace that others have a say in', () => {
  const path = '/api/v1/namespaces/n';
  const finalizers = async () => {
    const { body } = await send('GET', path);
    return (body as { spec: { finalizers: string[] } }).spec.finalizers;
  };
  const finalize = (spec: object) =>
    send('PUT', `${path}/finalize`, { metadata: { name: 'n' }, spec });

  it('stays until the last of them has agreed', async () => {
    await send('POST', '/api/v1/namespaces', {
      metadata: { name: 'n' },
      spec: { finalizers: ['example.com/audit'] },
    });
    expect(await finalizers()).toEqual(['example.com/audit', 'kubernetes']);
    await send('DELETE', path);
    test.clock.advance(0);
    expect(await finalizers()).toEqual(['example.com/audit']);
    expect((await finalize({ finalizers: [] })).code).toBe(200);
    expect(await exists(path)).toBe(false);
  });

  it('stays as long as its metadata names one, and goes when that is taken away', async () => {
    await send('POST', '/api/v1/namespaces', {
      metadata: { name: 'n', finalizers: ['example.com/backup'] },
    });
    await send('DELETE', path);
    test.clock.advance(0);
    expect(await finalizers()).toEqual([]);
    await send('PATCH', path, { metadata: { finalizers: null } }, mergePatch);
    expect(await exists(path)).toBe(false);
  });

  it('does not go with its content in it when its metadata names nobody any more', async () => {
    await send('POST', '/api/v1/namespaces', {
      metadata: { name: 'n', finalizers: ['example.com/backup'] },
    });
    await send('POST', `${path}/configmaps`, {
      metadata: { name: 'c', finalizers: ['example.com/keep'] },
    });
    await send('DELETE', path);
    test.clock.advance(0);
    await send('PATCH', path, { metadata: { finalizers: null } }, mergePatch);
    expect(await finalizers()).toEqual(['kubernetes']);
    const patch = { metadata: { finalizers: null } };
    await send('PATCH', `${path}/configmaps/c`, patch, mergePatch);
    test.clock.advance(0);
    expect(await exists(path)).toBe(false);
  });
});

describe('a namespace', () => {
  it('is there from the start, four times', async () => {
    const { body } = await send('GET', '/api/v1/namespaces');
    expect(body.items?.map(({ metadata }) => metadata?.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    expect(body.items?.[0]).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'default' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  it('goes when all that is in it has gone, and takes in nothing new meanwhile', async () => {
    await send('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    await test.client.create(resources.pods, testPod('a', {}, 'n'));
    await test.client.bind({ namespace: 'n', name: 'a' }, 'node-1');
    await send('POST', '/api/v1/namespaces/n/configmaps', { metadata: { name: 'c' } });
    const answer = await send('DELETE', '/api/v1/namespaces/n');
    expect(answer.body).toMatchObject({
      metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
      status: { phase: 'Terminating' },
    });
    test.clock.advance(0);
    expect(await exists('/api/v1/namespaces/n/configmaps/c')).toBe(false);
    const pod = await send('GET', '/api/v1/namespaces/n/pods/a');
    expect(pod.body.metadata?.deletionGracePeriodSeconds).toBe(30);

    const late = await send('POST', '/api/v1/namespaces/n/configmaps', { metadata: { name: 'd' } });
    expect(late.code).toBe(403);
    expect(late.body).toMatchObject({
      message:
        'configmaps "d" is forbidden: unable to create new content in namespace n because it is being terminated',
      details: {
        causes: [
          {
            reason: 'NamespaceTerminating',
            message: 'namespace n is being terminated',
            field: 'metadata.namespace',
          },
        ],
      },
    });

    await send('DELETE', '/api/v1/namespaces/n/pods/a', { gracePeriodSeconds: 0 });
    test.clock.advance(0);
    expect(await exists('/api/v1/namespaces/n')).toBe(false);
    expect(test.trace.history().at(-1)).toMatchObject({
      kind: 'api-write',
      verb: 'delete',
      resource: 'namespaces',
      name: 'n',
      userAgent: 'namespace-controller',
    });
  });

  it('is emptied after a restart in between', async () => {
    await send('POST', '/api/v1/namespaces', { metadata: { name: 'n' } });
    await send('POST', '/api/v1/namespaces/n/configmaps', { metadata: { name: 'c' } });
    await send('DELETE', '/api/v1/namespaces/n');
    const again = startTestApi({ store: new Store({ snapshot: test.api.store.snapshot() }) });
    again.clock.advance(0);
    expect((await again.send('GET', '/api/v1/namespaces/n')).code).toBe(404);
  });
});

describe('events', () => {
  it('go an hour after they were last written', async () => {
    const path = '/api/v1/namespaces/default/events';
    const event = (name: string) => ({
      metadata: { name },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
    });
    await send('POST', path, event('old'));
    await send('POST', path, event('kept'));
    test.clock.advance(30 * 60_000);
    await send(
      'PATCH',
      `${path}/kept`,
      { count: 2 },
      { 'content-type': 'application/merge-patch+json' },
    );
    test.clock.advance(30 * 60_000);
    expect([await exists(`${path}/old`), await exists(`${path}/kept`)]).toEqual([false, true]);
    test.clock.advance(30 * 60_000);
    expect(await exists(`${path}/kept`)).toBe(false);
  });
});
