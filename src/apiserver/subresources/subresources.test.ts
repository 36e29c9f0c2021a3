import { beforeEach, describe, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import type { ByteDuplex } from '#base/byte-stream.ts';
import { resources } from '#kube/resources.ts';
import type { UpgradeRequest, Upgraded } from '#kube/streaming/upgrade.ts';
import type { Container } from '#kube/types.ts';
import { startTestApi, testPod, type TestApi } from '#apiserver/testing/test-api.ts';

const pods = '/api/v1/namespaces/default/pods';
const two: Container[] = [
  { name: 'one', image: 'i' },
  { name: 'two', image: 'i' },
];

let test: TestApi;
let asked: string[];
let reply: () => Response;

const stream: ByteDuplex = {
  incoming: { read: () => Promise.resolve(undefined), cancel: () => undefined },
  outgoing: { write: () => Promise.resolve(), end: () => undefined },
  close: () => undefined,
};

beforeEach(async () => {
  asked = [];
  reply = () => new Response('a line\n');
  test = startTestApi({
    kubelet: (node) =>
      node === 'node-1'
        ? {
            fetch: (request) => {
              asked.push(request.url);
              return Promise.resolve(reply());
            },
            upgrade: (request) => {
              asked.push(request.url.href);
              return Promise.resolve({ headers: request.headers, stream });
            },
          }
        : undefined,
  });
  for (const name of ['node-1', 'node-2']) {
    await test.client.create(resources.nodes, { metadata: { name } });
  }
  await test.client.create(resources.pods, testPod('one', { nodeName: 'node-1' }));
  await test.client.create(
    resources.pods,
    testPod('two', {
      nodeName: 'node-1',
      containers: two,
      initContainers: [{ name: 'first', image: 'i' }],
    }),
  );
  await test.client.create(resources.pods, testPod('unbound'));
  await test.client.create(resources.pods, testPod('lost', { nodeName: 'node-2' }));
});

describe('log', () => {
  it('comes from the kubelet of the node, with what was asked for', async () => {
    const query = 'follow=true&tailLines=5&timestamps=1&previous=false&sinceSeconds=9';
    const answer = await test.send('GET', `${pods}/one/log?${query}`);
    expect([answer.code, answer.text]).toEqual([200, 'a line\n']);
    expect(answer.headers.get('content-type')).toBe('text/plain');
    const url = new URL(asked[0] ?? '');
    expect(url.pathname).toBe('/containerLogs/default/one/main');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      follow: 'true',
      tailLines: '5',
      timestamps: 'true',
      sinceSeconds: '9',
    });
  });

  it('is empty for a pod without a node', async () => {
    const answer = await test.send('GET', `${pods}/unbound/log`);
    expect([answer.code, answer.text]).toEqual([200, '']);
  });

  it.each<[string, number, string]>([
    [
      'two/log',
      400,
      'a container name must be specified for pod two, choose one of: [one two] or one of the init containers: [first]',
    ],
    ['two/log?container=three', 400, 'container three is not valid for pod two'],
    [
      'lost/log',
      500,
      'Internal error occurred: error dialing backend: the kubelet of node node-2 does not answer',
    ],
    ['none/log', 404, 'pods "none" not found'],
    [
      'one/log?tailLines=-1',
      422,
      'PodLogOptions "" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'one/log?limitBytes=0',
      422,
      'PodLogOptions "" is invalid: limitBytes: Invalid value: 0: must be greater than 0',
    ],
  ])('refuses %s', async (path, code, message) => {
    const answer = await test.send('GET', `${pods}/${path}`);
    expect([answer.code, answer.body.message]).toEqual([code, message]);
    expect(asked).toEqual([]);
  });

  it.each<[number, string, string]>([
    [400, 'container "main" in pod "one" is waiting to start: ContainerCreating', 'BadRequest'],
    [404, 'the server could not find the requested resource', 'NotFound'],
    [500, 'Internal error occurred: disk', 'InternalError'],
  ])('hands on what the kubelet says with %i', async (code, message, reason) => {
    reply = () => new Response(message.replace('Internal error occurred: ', ''), { status: code });
    const answer = await test.send('GET', `${pods}/one/log`);
    expect([answer.code, answer.body.message, answer.body.reason]).toEqual([code, message, reason]);
  });
});

describe('streams', () => {
  function upgrade(path: string, headers = new Headers()): Promise<Upgraded | Response> {
    const request: UpgradeRequest = {
      method: 'GET',
      url: new URL(`http://kubernetes${pods}/${path}`),
      headers,
    };
    return test.api.upgrade(request);
  }

  it.each([
    [
      'one/exec?command=sh&command=-c&command=a b&stdin=true&stdout=1&tty=true&stderr=false',
      '/exec/default/one/main?input=1&output=1&tty=1&command=sh&command=-c&command=a+b',
    ],
    ['two/attach?container=two&stdout=1', '/attach/default/two/two?output=1'],
    ['one/portforward?ports=80,81&ports=82', '/portForward/default/one?port=80&port=81&port=82'],
    ['unbound/exec', undefined],
  ])('hand %s on to the kubelet', async (path, kubeletPath) => {
    const headers = new Headers({ 'sec-websocket-protocol': 'v5.channel.k8s.io' });
    const answer = await upgrade(path, headers);
    expect(asked).toEqual(kubeletPath === undefined ? [] : [`http://node-1${kubeletPath}`]);
    if (kubeletPath === undefined) {
      expect(answer).toBeInstanceOf(Response);
    } else {
      expect(answer).toMatchObject({ stream });
      expect((answer as Upgraded).headers.get('sec-websocket-protocol')).toBe('v5.channel.k8s.io');
    }
  });

  it.each([
    ['unbound/exec', 400, 'pod unbound does not have a host assigned'],
    ['none/attach', 404, 'pods "none" not found'],
    ['one', 404, 'the server could not find the requested resource'],
    ['one/log', 404, 'the server could not find the requested resource'],
    ['one/exec?container=x', 400, 'container x is not valid for pod one'],
  ])('refuse %s', async (path, code, message) => {
    const answer = await upgrade(path);
    if (!(answer instanceof Response)) throw new SandglassError('internal', 'It was upgraded.');
    expect([answer.status, await answer.json()]).toEqual([
      code,
      expect.objectContaining({ message }),
    ]);
  });
});

describe('binding', () => {
  const binding = (name: string, node: string, metadata = {}) => ({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, ...metadata },
    target: { kind: 'Node', name: node },
  });
  const bind = (name: string, body: object) => test.send('POST', `${pods}/${name}/binding`, body);

  it('puts a pod on a node and says so', async () => {
    const annotations = { by: 'me' };
    const answer = await bind('unbound', binding('unbound', 'node-1', { annotations }));
    expect([answer.code, answer.body]).toEqual([
      201,
      { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    ]);
    const pod = await test.send('GET', `${pods}/unbound`);
    expect(pod.body).toMatchObject({
      metadata: { annotations },
      spec: { nodeName: 'node-1' },
      status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
    });
    expect(test.trace.history().at(-1)).toMatchObject({
      kind: 'api-write',
      verb: 'binding',
      resource: 'pods',
      subresource: 'binding',
      name: 'unbound',
      pod: { name: 'unbound' },
    });
  });

  it('is also there as a resource of its own', async () => {
    const path = '/api/v1/namespaces/default/bindings';
    expect((await test.send('POST', path, binding('unbound', 'node-1'))).code).toBe(201);
  });

  it.each<[string, object, number, string]>([
    [
      'one',
      binding('one', 'node-2'),
      409,
      'Operation cannot be fulfilled on pods/binding "one": pod one is already assigned to node "node-1"',
    ],
    [
      'unbound',
      binding('unbound', ''),
      422,
      'Binding "unbound" is invalid: target.name: Required value',
    ],
    ['unbound', binding('one', 'node-1'), 400, 'name in URL does not match name in Binding object'],
    ['none', binding('none', 'node-1'), 404, 'pods "none" not found'],
    [
      'unbound',
      binding('unbound', 'node-1', { uid: 'other' }),
      409,
      'Operation cannot be fulfilled on pods/binding "unbound": Precondition failed: UID in precondition: other, UID in object meta: ',
    ],
  ])('of %s is refused', async (name, body, code, message) => {
    const answer = await bind(name, body);
    expect(answer.code).toBe(code);
    expect(answer.body.message).toContain(message);
  });
});

describe('metrics', () => {
  const time = '2026-01-01T00:00:00Z';
  const stats = (cpu: number, memory: number) => ({
    cpu: { time, usageNanoCores: cpu },
    memory: { time, workingSetBytes: memory },
  });

  beforeEach(async () => {
    const { metadata } = await test.client.get(resources.pods, {
      namespace: 'default',
      name: 'one',
    });
    const { name = '', namespace = '', uid = '' } = metadata ?? {};
    const summary = {
      node: { nodeName: 'node-1', ...stats(250_000_000, 64 * 1024 * 1024) },
      pods: [
        {
          podRef: { name, namespace, uid },
          containers: [{ name: 'main', ...stats(1_000_000, 2_000_000) }],
        },
      ],
    };
    reply = () => Response.json(summary);
  });

  it('of nodes and pods come from the kubelets', async () => {
    const nodes = await test.send('GET', '/apis/metrics.k8s.io/v1beta1/nodes');
    expect(nodes.body).toMatchObject({
      kind: 'NodeMetricsList',
      apiVersion: 'metrics.k8s.io/v1beta1',
      items: [
        {
          metadata: { name: 'node-1' },
          timestamp: time,
          window: '10s',
          usage: { cpu: '250000000n', memory: '65536Ki' },
        },
      ],
    });
    const path = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods';
    const all = await test.send('GET', path);
    expect(all.body.items).toMatchObject([
      {
        metadata: { name: 'one', namespace: 'default' },
        containers: [{ name: 'main', usage: { cpu: '1000000n', memory: '1953Ki' } }],
      },
    ]);
    const one = await test.send('GET', `${path}/one`);
    expect(one.body).toMatchObject({ kind: 'PodMetrics', metadata: { name: 'one' } });
  });

  it('are not there for what was not measured', async () => {
    const path = '/apis/metrics.k8s.io/v1beta1';
    const pod = await test.send('GET', `${path}/namespaces/default/pods/two`);
    expect([pod.code, pod.body.message]).toEqual([
      404,
      'podmetrics.metrics.k8s.io "default/two" not found',
    ]);
    const node = await test.send('GET', `${path}/nodes/node-2`);
    expect(node.body.message).toBe('nodemetrics.metrics.k8s.io "node-2" not found');
    expect((await test.send('POST', `${path}/nodes`, {})).code).toBe(405);
  });
});
