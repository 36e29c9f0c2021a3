import { describe, expect, it } from 'vitest';
import { startTestApi } from '#apiserver/testing/test-api.ts';

const { send } = startTestApi();
const get = (path: string, accept?: string) =>
  send('GET', path, undefined, accept === undefined ? {} : { accept });

describe('discovery', () => {
  it('names versions and groups', async () => {
    expect((await get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await get('/apis')).body).toMatchObject({
      kind: 'APIGroupList',
      groups: [
        { name: 'events.k8s.io', preferredVersion: { groupVersion: 'events.k8s.io/v1' } },
        { name: 'node.k8s.io' },
        { name: 'coordination.k8s.io' },
        { name: 'metrics.k8s.io', versions: [{ version: 'v1beta1' }] },
      ],
    });
    expect((await get('/apis/node.k8s.io')).body).toMatchObject({
      kind: 'APIGroup',
      name: 'node.k8s.io',
    });
  });

  it('lists resources with what can be done to them', async () => {
    const { body } = await get('/api/v1');
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
    const { resources } = body as unknown as { resources: { name: string }[] };
    const names = resources.map(({ name }) => name);
    expect(names).toEqual([...names].sort());
    expect(resources.find(({ name }) => name === 'pods')).toEqual({
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['po'],
      categories: ['all'],
    });
    expect(names).toContain('pods/portforward');
    expect(names).not.toContain('pods/eviction');
  });

  it('tells all at once to those who ask', async () => {
    const accept =
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const answer = await get('/apis', accept);
    expect(answer.headers.get('content-type')).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    );
    expect(answer.body).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: [
        { metadata: { name: 'events.k8s.io' } },
        {
          metadata: { name: 'node.k8s.io' },
          versions: [
            {
              version: 'v1',
              freshness: 'Current',
              resources: [
                {
                  resource: 'runtimeclasses',
                  responseKind: { group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass' },
                  scope: 'Cluster',
                  singularResource: 'runtimeclass',
                },
              ],
            },
          ],
        },
        {},
        {},
      ],
    });
    const plain = await get('/api', `application/json,${accept};q=0.5`);
    expect(plain.body.kind).toBe('APIVersions');
  });

  it('tells the version and that it is well', async () => {
    expect((await get('/version')).body).toMatchObject({ major: '1', minor: '36' });
    for (const path of ['/healthz', '/livez', '/readyz']) {
      const answer = await get(path);
      expect([answer.code, answer.text]).toEqual([200, 'ok']);
    }
    expect((await get('/readyz?verbose')).text).toBe('[+]ping ok\nreadyz check passed\n');
  });

  it('describes itself in OpenAPI', async () => {
    const index = await get('/openapi/v3');
    expect(Object.keys((index.body as unknown as { paths: object }).paths)).toContain('api/v1');
    const swagger = await get('/openapi/v2');
    expect(swagger.body).toMatchObject({ swagger: '2.0' });
    const old = await get(
      '/openapi/v2',
      'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
    );
    expect(old.code).toBe(200);
    expect((await get('/openapi/v4')).code).toBe(404);
  });

  it('knows no other groups and versions', async () => {
    for (const path of ['/api/v2', '/apis/apps', '/apis/apps/v1', '/apis/node.k8s.io/v1beta1']) {
      expect((await get(path)).code).toBe(404);
    }
    expect((await send('POST', '/api', {})).code).toBe(405);
  });
});
