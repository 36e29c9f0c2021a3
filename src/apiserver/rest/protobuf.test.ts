import { expect, it } from 'vitest';
import { decodeProtobuf, encodeProtobuf, protobufMediaType } from '#kube/protobuf/envelope.ts';
import { startTestApi, testPod } from '#apiserver/testing/test-api.ts';

const pods = 'http://kubernetes/api/v1/namespaces/default/pods';

const protobuf = (method: string, path: string, object?: object) =>
  new Request(path, {
    method,
    headers: { accept: `${protobufMediaType},application/json`, 'content-type': protobufMediaType },
    ...(object ? { body: encodeProtobuf(object) } : {}),
  });

async function read(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe(protobufMediaType);
  return decodeProtobuf(new Uint8Array(await response.arrayBuffer()));
}

it('an object in protobuf is the same as in JSON', async () => {
  const { api, send } = startTestApi();
  const pod = testPod('web', { terminationGracePeriodSeconds: 0 });
  const created = await api.fetch(protobuf('POST', pods, pod));
  expect(created.status).toBe(201);
  const asJson = JSON.parse((await send('GET', new URL(`${pods}/web`).pathname)).text) as object;
  expect(asJson).toMatchObject({
    spec: { terminationGracePeriodSeconds: 0, dnsPolicy: 'ClusterFirst' },
  });
  expect(await read(created)).toEqual(asJson);
  const list = await read(await api.fetch(protobuf('GET', pods)));
  expect(list).toMatchObject({ kind: 'PodList', items: [{ metadata: { name: 'web' } }] });
});

it('refusals and the options of a deletion come in protobuf too', async () => {
  const { api, send } = startTestApi();
  await send('POST', new URL(pods).pathname, testPod('web'));
  const options = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    preconditions: { uid: 'another' },
  };
  const refused = await api.fetch(protobuf('DELETE', `${pods}/web`, options));
  expect(refused.status).toBe(409);
  expect(await read(refused)).toMatchObject({ kind: 'Status', reason: 'Conflict', code: 409 });
  const deployment = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } };
  const wrong = await read(await api.fetch(protobuf('POST', pods, deployment)));
  expect(wrong['message']).toMatch(/^Secret in version "v1" cannot be handled as a Pod: /);
});

it('a watch in protobuf tells of each change in a frame', async () => {
  const { api, send } = startTestApi();
  const response = await api.fetch(protobuf('GET', `${pods}?watch=true&resourceVersion=1`));
  expect(response.headers.get('content-type')).toBe(`${protobufMediaType};stream=watch`);
  await send('POST', new URL(pods).pathname, testPod('web'));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value = new Uint8Array() } = await reader.read();
  await reader.cancel();
  const frame = Buffer.from(value);
  const length = frame.readUInt32BE(0);
  expect(frame.length).toBe(4 + length);
  const start = frame.indexOf('k8s\0');
  expect(decodeProtobuf(value.subarray(start))).toMatchObject({
    kind: 'Pod',
    metadata: { name: 'web' },
  });
});

it('what has no protobuf comes as the next that the client takes', async () => {
  const { api } = startTestApi();
  const table = 'as=Table;v=v1;g=meta.k8s.io';
  const accept = `${protobufMediaType};${table},application/json;${table}`;
  for (const [path, type] of [
    [pods, 'application/json'],
    ['http://kubernetes/apis/metrics.k8s.io/v1beta1/nodes', 'application/json'],
    ['http://kubernetes/api/v1', 'application/json'],
  ] as const) {
    const response = await api.fetch(
      new Request(path, {
        headers: { accept: path === pods ? accept : `${protobufMediaType},application/json` },
      }),
    );
    expect(response.headers.get('content-type')).toBe(type);
  }
});
