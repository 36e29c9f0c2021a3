import { describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import { Store } from '#apiserver/storage/store.ts';
import { briefly, openWatch, startTestApi, testPod } from '#apiserver/testing/test-api.ts';

describe('a snapshot', () => {
  it('brings everything back, versions going on and old watches told to begin anew', async () => {
    const before = startTestApi();
    const pod = await before.client.create(resources.pods, testPod('a'));
    await before.client.create(resources.secrets, {
      metadata: { name: 's', namespace: 'default' },
      stringData: { k: 'v' },
    });
    const after = startTestApi({ store: new Store({ snapshot: before.api.store.snapshot() }) });
    expect(await after.client.get(resources.pods, { namespace: 'default', name: 'a' })).toEqual(
      pod,
    );
    expect(after.api.store.snapshot()).toEqual(before.api.store.snapshot());
    const watch = await openWatch(
      after,
      `/api/v1/pods?watch=1&resourceVersion=${pod.metadata?.resourceVersion ?? ''}`,
    );
    expect((await watch.take(1)).map(({ object }) => object.code)).toEqual([410]);
    const next = await after.client.create(resources.pods, testPod('b'));
    expect(Number(next.metadata?.resourceVersion)).toBe(before.api.store.revision + 1);
    expect(after.trace.history().map((record) => 'name' in record && record.name)).toEqual(['b']);
  });
});

describe('events of both versions', () => {
  const core = '/api/v1/namespaces/default/events';
  const v1 = '/apis/events.k8s.io/v1/namespaces/default/events';
  const event = {
    metadata: { name: 'e', namespace: 'default' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'default-scheduler',
    reportingInstance: 'default-scheduler',
    action: 'Binding',
    reason: 'Scheduled',
    regarding: { kind: 'Pod', namespace: 'default', name: 'p' },
    note: 'Successfully assigned default/p to node-1',
    type: 'Normal',
  };

  it('are the same events under other names', async () => {
    const test = startTestApi();
    const watch = await openWatch(test, `${core}?watch=1`);
    const created = await test.send('POST', v1, event);
    expect(created.code).toBe(201);
    expect(created.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: event.note });
    const read = await test.send('GET', `${core}/e`);
    expect(read.body).toMatchObject({
      apiVersion: 'v1',
      kind: 'Event',
      message: event.note,
      involvedObject: { kind: 'Pod', name: 'p' },
      reportingComponent: 'default-scheduler',
    });
    expect((await watch.take(1)).map(briefly)).toEqual(['ADDED e']);
    for (const query of ['regarding.name=p', 'reason=Scheduled', 'regarding.kind!=Node']) {
      const found = await test.send('GET', `${v1}?fieldSelector=${query}`);
      expect(found.body.items).toHaveLength(1);
    }
    const none = await test.send('GET', `${core}?fieldSelector=involvedObject.name=q`);
    expect(none.body.items).toEqual([]);
    const table = await test.send('GET', v1, undefined, {
      accept: 'application/json;as=Table;g=meta.k8s.io;v=v1',
    });
    expect(table.body.rows?.[0]?.cells.slice(0, 4)).toEqual(['0s', 'Normal', 'Scheduled', 'pod/p']);
  });

  it('keep to the rules of the version that writes them', async () => {
    const test = startTestApi();
    const answer = await test.send('POST', v1, { ...event, action: '' });
    expect([answer.code, answer.body.reason]).toEqual([422, 'Invalid']);
  });
});
