import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigMap } from '#kube/types.ts';
import { startTestApi, type Answer, type TestApi } from '#apiserver/testing/test-api.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

let test: TestApi;
let send: TestApi['send'];

beforeEach(() => {
  test = startTestApi();
  send = test.send;
});

const storedCount = (answer: Answer) => answer.body.items?.length;

describe('reading', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const labels = { letter: name, kind: name < 'c' ? 'early' : 'late' };
      await send('POST', configMaps, { ...configMap(name), metadata: { name, labels } });
    }
  });

  it.each([
    ['', 5],
    ['labelSelector=kind=early', 2],
    ['labelSelector=letter in (a,e),kind!=early', 1],
    ['fieldSelector=metadata.name=c', 1],
    ['fieldSelector=metadata.name!=c,metadata.namespace=default', 4],
    ['labelSelector=none', 0],
  ])('selects by %j', async (query, count) => {
    const answer = await send('GET', `${configMaps}?${query}`);
    expect(answer.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(storedCount(answer)).toBe(count);
  });

  it('lists in pages of one revision, whatever is written between them', async () => {
    const first = await send('GET', `${configMaps}?limit=2`);
    expect(first.body.metadata).toMatchObject({ remainingItemCount: 3 });
    await send('DELETE', `${configMaps}/d`);
    await send('POST', configMaps, configMap('cc'));
    const token = first.body.metadata?.continue ?? '';
    const second = await send('GET', `${configMaps}?limit=2&continue=${token}`);
    const third = await send(
      'GET',
      `${configMaps}?limit=2&continue=${second.body.metadata?.continue ?? ''}`,
    );
    const names = [first, second, third].flatMap((page) =>
      (page.body.items ?? []).map(({ metadata }) => metadata?.name),
    );
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(third.body.metadata?.continue).toBeUndefined();
    expect(second.body.metadata?.resourceVersion).toBe(first.body.metadata?.resourceVersion);
  });

  it('does not count what a selector leaves', async () => {
    const answer = await send('GET', `${configMaps}?limit=1&labelSelector=kind=late`);
    expect(answer.body.metadata?.continue).toBeTruthy();
    expect(answer.body.metadata?.remainingItemCount).toBeUndefined();
  });

  it('offers to go on inconsistently when the page was compacted away', async () => {
    const first = await send('GET', `${configMaps}?limit=2`);
    await send('POST', configMaps, configMap('bb'));
    await send('POST', configMaps, configMap('f'));
    test.api.compact();
    const token = first.body.metadata?.continue ?? '';
    const gone = await send('GET', `${configMaps}?continue=${token}`);
    expect([gone.code, gone.body.reason]).toEqual([410, 'Expired']);
    expect(gone.body.message).toMatch(/^The provided continue parameter is too old/);
    const rest = await send('GET', `${configMaps}?continue=${gone.body.metadata?.continue ?? ''}`);
    expect((rest.body.items ?? []).map(({ metadata }) => metadata?.name)).toEqual([
      'bb',
      'c',
      'd',
      'e',
      'f',
    ]);
  });

  it('lists as of a revision, until it is compacted', async () => {
    const then = (await send('GET', configMaps)).body.metadata?.resourceVersion ?? '';
    await send('DELETE', `${configMaps}/a`);
    const exactly = `${configMaps}?resourceVersion=${then}&resourceVersionMatch=Exact`;
    expect(storedCount(await send('GET', exactly))).toBe(5);
    const notOlder = `${configMaps}?resourceVersion=${then}&resourceVersionMatch=NotOlderThan`;
    expect(storedCount(await send('GET', notOlder))).toBe(4);
    test.api.compact();
    const gone = await send('GET', exactly);
    expect([gone.code, gone.body.message]).toEqual([
      410,
      'The resourceVersion for the provided list is too old.',
    ]);
  });

  it('shows tables, and only metadata', async () => {
    const table = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1, application/json' };
    const list = await send('GET', configMaps, undefined, table);
    expect(list.body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(list.body.columnDefinitions?.map(({ name }) => name)).toEqual(['Name', 'Data', 'Age']);
    expect(list.body.rows?.[0]).toMatchObject({
      cells: ['a', 0, '0s'],
      object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } },
    });
    const whole = await send('GET', `${configMaps}/a?includeObject=Object`, undefined, table);
    expect(whole.body.rows?.map(({ object }) => object?.kind)).toEqual(['ConfigMap']);
    const none = await send('GET', `${configMaps}?includeObject=None`, undefined, table);
    expect(none.body.rows?.every(({ object }) => object === null)).toBe(true);
    const partial = await send('GET', configMaps, undefined, {
      accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    });
    expect(partial.body.kind).toBe('PartialObjectMetadataList');
    expect(Object.keys(partial.body.items?.[0] ?? {}).sort()).toEqual([
      'apiVersion',
      'kind',
      'metadata',
    ]);
    const wrong = await send('GET', configMaps, undefined, {
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    });
    expect(wrong.code).toBe(406);
  });

  it('prefers what the client prefers', async () => {
    const answer = await send('GET', configMaps, undefined, {
      accept: 'application/cbor, application/yaml;q=0.2, application/json;q=0.5',
    });
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('writes prettily for people', async () => {
    expect((await send('GET', `${configMaps}/a`)).text.trim()).not.toContain('\n');
    expect((await send('GET', `${configMaps}/a?pretty=true`)).text).toContain('\n  "kind"');
    const curl = await send('GET', `${configMaps}/a`, undefined, { 'user-agent': 'curl/8.0' });
    expect(curl.text).toContain('\n  "kind"');
  });
});
