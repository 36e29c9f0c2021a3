import { beforeEach, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import type { ConfigMap, Pod } from '#kube/types.ts';
import { startTestApi, testPod, type TestApi } from '#apiserver/testing/test-api.ts';

const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const merge = { 'content-type': 'application/merge-patch+json' };
const strategic = { 'content-type': 'application/strategic-merge-patch+json' };

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

let test: TestApi;
let send: TestApi['send'];

beforeEach(() => {
  test = startTestApi();
  send = test.send;
});

describe('writing', () => {
  it('creates, with what only the server sets', async () => {
    const given = testPod('a');
    const answer = await send('POST', pods, {
      ...given,
      metadata: {
        ...given.metadata,
        uid: 'mine',
        creationTimestamp: '2000-01-01T00:00:00Z',
        deletionTimestamp: '2000-01-01T00:00:00Z',
        generation: 7,
        managedFields: [{ manager: 'me' }],
      },
      status: { phase: 'Running' },
    });
    expect(answer.code).toBe(201);
    expect(answer.body).toMatchObject({
      metadata: {
        name: 'a',
        namespace: 'default',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        resourceVersion: '6',
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
    expect(answer.body.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.body.metadata).not.toHaveProperty('deletionTimestamp');
    expect(answer.body.metadata).not.toHaveProperty('managedFields');
  });

  it('makes names up, and others when they are taken', async () => {
    const body = { ...configMap(''), metadata: { generateName: 'job-' } };
    const made = await Promise.all([1, 2, 3].map(() => send('POST', configMaps, body)));
    const names = made.map((one) => one.body.metadata?.name ?? '');
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('takes and gives YAML', async () => {
    const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: made\ndata:\n  a: "1"\n';
    const types = { 'content-type': 'application/yaml', accept: 'application/yaml' };
    const answer = await send('POST', configMaps, yaml, types);
    expect(answer.code).toBe(201);
    expect(answer.text).toContain('\n  name: made\n');
    const stored = await test.client.get(resources.configMaps, {
      namespace: 'default',
      name: 'made',
    });
    expect(stored.data).toEqual({ a: '1' });
  });

  it('refuses the same name twice', async () => {
    await send('POST', configMaps, configMap('a'));
    const again = await send('POST', configMaps, configMap('a'));
    expect(again.code).toBe(409);
    expect(again.body).toMatchObject({
      reason: 'AlreadyExists',
      message: 'configmaps "a" already exists',
      details: { name: 'a', kind: 'configmaps' },
    });
  });

  it('updates over the latest version only, or over any where none is given', async () => {
    const { body: first } = await send('POST', configMaps, configMap('a', { at: '0' }));
    const at = (value: string, metadata: object = {}) => ({
      ...configMap('a', { at: value }),
      metadata: { name: 'a', ...metadata },
    });
    const version = first.metadata?.resourceVersion;
    const second = await send('PUT', `${configMaps}/a`, at('1', { resourceVersion: version }));
    expect(second.code).toBe(200);
    const late = await send('PUT', `${configMaps}/a`, at('2', { resourceVersion: version }));
    expect(late.code).toBe(409);
    expect(late.body.message).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect((await send('PUT', `${configMaps}/a`, at('3'))).code).toBe(200);
    const other = await send('PUT', `${configMaps}/a`, at('4', { uid: 'other' }));
    expect([other.code, other.body.reason]).toEqual([409, 'Conflict']);
    const stored = await test.client.get(resources.configMaps, { namespace: 'default', name: 'a' });
    expect(stored).toMatchObject({
      data: { at: '3' },
      metadata: { uid: first.metadata?.uid, creationTimestamp: '2026-01-01T00:00:00Z' },
    });
  });

  it('demands a version where the kind does, and creates by update where it may', async () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec: { holderIdentity: 'me' },
    };
    expect((await send('PUT', `${leases}/l`, lease)).code).toBe(201);
    const blind = await send('PUT', `${leases}/l`, lease);
    expect(blind.code).toBe(422);
    expect(blind.body.message).toBe(
      'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
    const missing = await send('PUT', `${configMaps}/none`, configMap('none'));
    expect(missing.code).toBe(404);
  });

  it('leaves the revision where a write changes nothing', async () => {
    const { body } = await send('POST', configMaps, configMap('a', { a: '1' }));
    const again = await send('PATCH', `${configMaps}/a`, { data: { a: '1' } }, merge);
    expect(again.body.metadata?.resourceVersion).toBe(body.metadata?.resourceVersion);
    expect(test.trace.history().filter(({ kind }) => kind === 'api-write')).toHaveLength(5);
  });

  it('keeps spec and status apart', async () => {
    await send('POST', pods, testPod('a'));
    const status = { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] };
    const byStatus = await send(
      'PATCH',
      `${pods}/a/status`,
      { metadata: { labels: { l: '1' } }, spec: { activeDeadlineSeconds: 5 }, status },
      strategic,
    );
    expect(byStatus.body).toMatchObject({
      status: { ...status, qosClass: 'BestEffort' },
      metadata: { generation: 1, labels: { l: '1' } },
    });
    expect(byStatus.body).not.toHaveProperty('spec.activeDeadlineSeconds');
    const bySpec = await send(
      'PATCH',
      `${pods}/a`,
      { spec: { activeDeadlineSeconds: 9 }, status: { phase: 'Failed' } },
      strategic,
    );
    expect(bySpec.body).toMatchObject({
      spec: { activeDeadlineSeconds: 9 },
      status: { phase: 'Running' },
      metadata: { generation: 2 },
    });
  });

  it('does not store what is a dry run, nor record it', async () => {
    const writes = () => test.trace.history().length;
    const before = writes();
    const created = await send('POST', `${configMaps}?dryRun=All`, configMap('a'));
    expect(created.code).toBe(201);
    expect(created.body.metadata).not.toHaveProperty('resourceVersion');
    expect((await send('GET', `${configMaps}/a`)).code).toBe(404);
    await send('POST', configMaps, configMap('a', { a: '1' }));
    const patched = await send('PATCH', `${configMaps}/a?dryRun=All`, { data: { a: '2' } }, merge);
    expect(patched.body).toMatchObject({ data: { a: '2' } });
    await send('DELETE', `${configMaps}/a`, { dryRun: ['All'] });
    const stored = await send('GET', `${configMaps}/a`);
    expect(stored.body).toMatchObject({ data: { a: '1' } });
    expect(writes()).toBe(before + 1);
  });

  it('warns of fields that it does not know, or refuses them when it is strict', async () => {
    const body = { ...configMap('a'), colour: 'red' };
    const strict = await send('POST', `${configMaps}?fieldValidation=Strict`, body);
    expect(strict.code).toBe(400);
    expect(strict.body.message).toContain('strict decoding error: unknown field "colour"');
    const warned = await send('POST', configMaps, body);
    expect(warned.code).toBe(201);
    expect(warned.headers.get('warning')).toBe('299 - "unknown field \\"colour\\""');
    const ignored = await send('PUT', `${configMaps}/a?fieldValidation=Ignore`, body);
    expect(ignored.headers.get('warning')).toBeNull();
    const patched = await send('PATCH', `${configMaps}/a`, { shade: 'dark' }, merge);
    expect(patched.headers.get('warning')).toBe('299 - "unknown field \\"shade\\""');
    const strictPatch = await send(
      'PATCH',
      `${configMaps}/a?fieldValidation=Strict`,
      { shade: 'dark' },
      strategic,
    );
    expect(strictPatch.code).toBe(422);
    expect(strictPatch.body.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[shade:dark]": strict decoding error: unknown field "shade"',
    );
  });

  it('refuses a patch that makes no object of its kind', async () => {
    await send('POST', configMaps, configMap('a'));
    const answer = await send('PATCH', `${configMaps}/a`, { data: 'text' }, merge);
    expect([answer.code, answer.body.reason]).toEqual([422, 'Invalid']);
    expect(answer.body.message).toMatch(/^ "" is invalid: patch: Invalid value: /);
    const renamed = await send('PATCH', `${configMaps}/a`, { metadata: { name: 'b' } }, merge);
    expect(renamed.body.message).toBe(
      'the name of the object (b) does not match the name on the URL (a)',
    );
  });

  it('records every write with who made it', async () => {
    await send('POST', pods, testPod('a'), { 'user-agent': 'tester/1.0' });
    const record = test.trace.history().at(-1);
    const stored = await test.client.get<Pod>(resources.pods, { namespace: 'default', name: 'a' });
    expect(record).toMatchObject({
      kind: 'api-write',
      verb: 'create',
      resource: 'pods',
      namespace: 'default',
      name: 'a',
      resourceVersion: stored.metadata?.resourceVersion,
      status: 201,
      userAgent: 'tester/1.0',
      pod: { namespace: 'default', name: 'a', uid: stored.metadata?.uid },
    });
  });

  it('records a static pod’s mirror by the UID that the node has of it', async () => {
    const annotations = { 'kubernetes.io/config.mirror': '0123abcd' };
    const mirror = testPod('a', { nodeName: 'n' });
    await send('POST', pods, { ...mirror, metadata: { ...mirror.metadata, annotations } });
    const record = test.trace.history().at(-1);
    expect(record).toMatchObject({ kind: 'api-write', pod: { name: 'a', uid: '0123abcd' } });
  });
});
