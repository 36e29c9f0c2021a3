import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { OpenApiHandler } from './handler.ts';

interface Schema {
  description?: string;
  properties?: Record<string, Record<string, unknown>>;
  'x-kubernetes-group-version-kind'?: unknown[];
}

interface Swagger {
  paths: Record<string, Record<string, Record<string, unknown> | undefined>>;
  definitions: Record<string, Schema>;
}

interface OpenApi {
  paths: Swagger['paths'];
  components: { schemas: Record<string, Schema> };
}

const handler = new OpenApiHandler();

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return handler.fetch(new Request(`http://kubernetes${path}`, { headers }));
}

async function getJson<T>(path: string): Promise<T> {
  return (await (await get(path)).json()) as T;
}

const podName = 'io.k8s.api.core.v1.Pod';

describe('/openapi/v2', () => {
  it('describes pods as kubectl needs it to explain and to apply', async () => {
    const { definitions } = await getJson<Swagger>('/openapi/v2');
    expect(definitions[podName]).toMatchObject({
      description: expect.stringContaining('Pod is a collection of containers') as string,
      'x-kubernetes-group-version-kind': [{ group: '', kind: 'Pod', version: 'v1' }],
      properties: { spec: { $ref: '#/definitions/io.k8s.api.core.v1.PodSpec' } },
    });
    const spec = definitions['io.k8s.api.core.v1.PodSpec']?.properties;
    expect(spec?.['containers']).toMatchObject({
      type: 'array',
      items: { $ref: '#/definitions/io.k8s.api.core.v1.Container' },
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(spec?.['volumes']).toMatchObject({
      'x-kubernetes-patch-strategy': 'merge,retainKeys',
    });
    expect(spec?.['restartPolicy']).toMatchObject({ enum: ['Always', 'Never', 'OnFailure'] });
    expect(spec?.['terminationGracePeriodSeconds']).toMatchObject({
      format: 'int64',
      type: 'integer',
    });
    expect(definitions['io.k8s.api.events.v1.Event']?.properties).toHaveProperty('regarding');
  });

  it('refers to nothing that is not there', async () => {
    const document = await getJson<Swagger>('/openapi/v2');
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g);
    const missing = [...references].filter(([, name = '']) => !document.definitions[name]);
    expect(missing).toEqual([]);
  });

  it('says that patches take dryRun and fieldValidation', async () => {
    const { paths } = await getJson<Swagger>('/openapi/v2');
    const patch = paths['/api/v1/namespaces/{namespace}/pods/{name}']?.['patch'];
    expect(patch).toMatchObject({
      operationId: 'patchCoreV1NamespacedPod',
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: '', kind: 'Pod', version: 'v1' },
    });
    const names = (patch?.['parameters'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['body', 'dryRun', 'fieldManager', 'fieldValidation', 'force']);
  });

  it('gives every operation an id of its own', async () => {
    const { paths } = await getJson<Swagger>('/openapi/v2');
    const ids = Object.values(paths)
      .flatMap((item) => Object.values(item))
      .map((operation) => operation?.['operationId'])
      .filter((id) => id !== undefined);
    expect(ids.length).toBeGreaterThan(80);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says the same in protobuf', async () => {
    const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const response = await get('/openapi/v2', { accept: `${type}, application/json` });
    expect(response.headers.get('content-type')).toBe(
      'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    );
    const document = fieldsOf(new Uint8Array(await response.arrayBuffer()));
    expect(textOf(document, 1)).toBe('2.0');

    // Numbers as in gnostic's OpenAPIv2.proto, read here without the encoder's help.
    const definition = namedOf(messageOf(document, 9), 1, podName);
    expect(textOf(definition, 4)).toContain('Pod is a collection of containers');
    expect(textOf(messageOf(definition, 22), 1)).toBe('object');
    const spec = namedOf(messageOf(definition, 25), 1, 'spec');
    expect(textOf(spec, 1)).toBe('#/definitions/io.k8s.api.core.v1.PodSpec');
    const gvk = namedOf(definition, 31, 'x-kubernetes-group-version-kind');
    expect(JSON.parse(textOf(gvk, 2))).toEqual([{ group: '', kind: 'Pod', version: 'v1' }]);

    const labels = namedOf(
      messageOf(
        namedOf(messageOf(document, 9), 1, 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'),
        25,
      ),
      1,
      'labels',
    );
    expect(textOf(messageOf(messageOf(messageOf(labels, 21), 1), 22), 1)).toBe('string');

    const path = namedOf(messageOf(document, 8), 2, '/api/v1/namespaces/{namespace}/pods/{name}');
    const patch = messageOf(path, 8);
    expect(textOf(patch, 5)).toBe('patchCoreV1NamespacedPod');
    const parameters = (patch.get(8) ?? []).map((bytes) => messageOf(fieldsOf(bytes), 1));
    const queries = parameters
      .filter((parameter) => parameter.has(2))
      .map((parameter) => textOf(messageOf(messageOf(parameter, 2), 3), 4));
    expect(queries).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    const body = parameters.find((parameter) => parameter.has(1));
    expect(textOf(messageOf(body ?? (new Map() as Fields), 1), 2)).toBe('body');
  });
});

describe('/openapi/v3', () => {
  it('lists a document for each group and version, whose references all resolve', async () => {
    const { paths } = await getJson<{ paths: Record<string, { serverRelativeURL: string }> }>(
      '/openapi/v3',
    );
    expect(Object.keys(paths)).toEqual([
      'api/v1',
      'apis/coordination.k8s.io/v1',
      'apis/events.k8s.io/v1',
      'apis/node.k8s.io/v1',
      'apis/metrics.k8s.io/v1beta1',
    ]);
    for (const { serverRelativeURL } of Object.values(paths)) {
      const response = await get(serverRelativeURL);
      expect(response.headers.get('cache-control')).toBe('public, immutable');
      const document = (await response.json()) as OpenApi;
      const references = JSON.stringify(document).matchAll(
        /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
      );
      const { schemas } = document.components;
      expect([...references].filter(([, name = '']) => !schemas[name])).toEqual([]);
    }
  });

  it('has what kubectl looks for in the document of a group', async () => {
    const { paths, components } = await getJson<OpenApi>('/openapi/v3/api/v1');
    expect(paths['/api/v1/namespaces']?.['patch']).toBeUndefined();
    expect(paths['/api/v1/namespaces/{name}']?.['patch']).toMatchObject({
      'x-kubernetes-group-version-kind': { group: '', kind: 'Namespace', version: 'v1' },
      parameters: expect.arrayContaining([
        expect.objectContaining({ name: 'fieldValidation', in: 'query' }),
      ]) as unknown[],
    });
    expect(components.schemas[podName]?.properties?.['spec']).toMatchObject({
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' }],
      default: {},
    });
    expect(components.schemas).not.toHaveProperty('io.k8s.api.coordination.v1.Lease');
  });

  it('leads an old hash to the new one, and spares who has the document', async () => {
    const old = await get('/openapi/v3/api/v1?hash=0');
    expect(old.status).toBe(301);
    const location = old.headers.get('location') ?? '';
    const current = await get(location);
    const etag = current.headers.get('etag') ?? '';
    expect(location).toContain(`hash=${etag.replaceAll('"', '')}`);
    expect((await get(location, { 'if-none-match': etag })).status).toBe(304);
  });

  it.each([
    ['/openapi/v3/apis/apps/v1', {}, 404],
    ['/openapi/v4', {}, 404],
    ['/openapi/v2', { accept: 'text/html' }, 406],
    [
      '/openapi/v3/api/v1',
      { accept: 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf' },
      406,
    ],
    ['/openapi/v2', { accept: '*/*' }, 200],
  ])('answers %s with %j by %d', async (path, headers, status) => {
    expect((await get(path, headers)).status).toBe(status);
  });
});

/** Fields of a protobuf message by number, in order; those with a length only. */
type Fields = Map<number, Uint8Array[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type !== WireType.LengthDelimited) {
      reader.skip(type, number);
      continue;
    }
    fields.set(number, [...(fields.get(number) ?? []), reader.bytes()]);
  }
  return fields;
}

function messageOf(fields: Fields, number: number): Fields {
  const [bytes] = fields.get(number) ?? [];
  if (!bytes) throw new Error(`There is no field ${number}.`);
  return fieldsOf(bytes);
}

function textOf(fields: Fields, number: number): string {
  return new TextDecoder().decode(fields.get(number)?.[0]);
}

function namedOf(fields: Fields, number: number, name: string): Fields {
  const entry = (fields.get(number) ?? []).map(fieldsOf).find((one) => textOf(one, 1) === name);
  if (!entry) throw new Error(`There is no ${name}.`);
  return messageOf(entry, 2);
}
