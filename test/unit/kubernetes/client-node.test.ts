/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment -- plain objects are what the client's users write */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import * as k8s from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '#kube/resources.ts';
import { startTestApi } from '#apiserver/testing/test-api.ts';

const test = startTestApi({
  kubelet: () => ({
    fetch: () => Promise.resolve(new Response('one\ntwo\n')),
    upgrade: () => Promise.resolve(new Response(null, { status: 400 })),
  }),
});

let server: Server;
let config: k8s.KubeConfig;
let core: k8s.CoreV1Api;

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  const body = Buffer.concat(chunks);
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const response = await test.api.fetch(
    new Request(`http://kubernetes${incoming.url ?? '/'}`, {
      method: incoming.method ?? 'GET',
      headers,
      signal: gone.signal,
      ...(body.length > 0 ? { body } : {}),
    }),
  );
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (response.body) {
    await response.body.pipeTo(Writable.toWeb(outgoing)).catch(() => undefined);
  } else {
    outgoing.end();
  }
}

beforeAll(async () => {
  server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  config = new k8s.KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'test' },
  );
  core = config.makeApiClient(k8s.CoreV1Api);
  await core.createNode({ body: { metadata: { name: 'node-1' } } });
});

afterAll(async () => {
  test.api.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const pod = (name: string): k8s.V1Pod => ({
  metadata: { name, labels: { app: name } },
  spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'busybox:1.36' }] },
});

describe('@kubernetes/client-node', () => {
  it('creates, reads, patches, lists and deletes', async () => {
    const namespace = 'default';
    const created = await core.createNamespacedPod({ namespace, body: pod('a') });
    expect(created.metadata?.creationTimestamp).toEqual(new Date('2026-01-01T00:00:00Z'));
    expect(created.spec?.terminationGracePeriodSeconds).toBe(30);
    const patched = await core.patchNamespacedPod(
      {
        name: 'a',
        namespace,
        body: { metadata: { labels: { more: '1' } } },
      },
      k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.StrategicMergePatch),
    );
    expect(patched.metadata?.labels).toEqual({ app: 'a', more: '1' });
    const byJsonPatch = await core.patchNamespacedPod({
      name: 'a',
      namespace,
      body: [{ op: 'remove', path: '/metadata/labels/more' }],
    });
    expect(byJsonPatch.metadata?.labels).toEqual({ app: 'a' });
    const status = await core.replaceNamespacedPodStatus({
      name: 'a',
      namespace,
      body: Object.assign(byJsonPatch, { status: { phase: 'Running', startTime: new Date(0) } }),
    });
    expect(status.status?.startTime).toEqual(new Date(0));
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=a' });
    expect(items.map(({ metadata }) => metadata?.name)).toEqual(['a']);
    const deleted = await core.deleteNamespacedPod({ name: 'a', namespace, gracePeriodSeconds: 0 });
    expect(deleted.metadata?.deletionGracePeriodSeconds).toBe(0);
  });

  it('is told what is wrong', async () => {
    const refusal: unknown = await core
      .readNamespacedPod({ name: 'none', namespace: 'default' })
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(k8s.ApiException);
    expect(refusal).toMatchObject({ code: 404 });
    const invalid: unknown = await core
      .createNamespacedPod({ namespace: 'default', body: pod('Not_A_Name') })
      .catch((error: unknown) => error);
    expect(invalid).toMatchObject({ code: 422 });
  });

  it('follows an informer through additions, changes and deletions', async () => {
    const namespace = 'kube-system';
    const informer = k8s.makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      core.listNamespacedConfigMap({ namespace }),
    );
    const told: string[] = [];
    const done = new Promise<void>((resolve) => {
      const tell = (what: string) => (object: k8s.V1ConfigMap) => {
        told.push(`${what} ${object.metadata?.name ?? ''} ${object.data?.['at'] ?? ''}`);
        if (what === 'delete') resolve();
      };
      informer.on('add', tell('add'));
      informer.on('update', tell('update'));
      informer.on('delete', tell('delete'));
    });
    await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'before' }, data: { at: '0' } },
    });
    await informer.start();
    const body = { metadata: { name: 'c' }, data: { at: '1' } };
    await core.createNamespacedConfigMap({ namespace, body });
    await core.replaceNamespacedConfigMap({
      name: 'c',
      namespace,
      body: { ...body, data: { at: '2' } },
    });
    await core.deleteNamespacedConfigMap({ name: 'c', namespace });
    await done;
    await informer.stop();
    expect(told).toEqual(['add before 0', 'add c 1', 'update c 2', 'delete c 2']);
  });

  it('reads logs', async () => {
    await core.createNamespacedPod({ namespace: 'default', body: pod('logging') });
    const chunks: string[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        chunks.push(chunk.toString());
        callback();
      },
    });
    const finished = new Promise((resolve) => sink.on('finish', resolve));
    await new k8s.Log(config).log('default', 'logging', 'main', sink, { follow: true });
    await finished;
    expect(chunks.join('')).toBe('one\ntwo\n');
  });

  it('writes leases with microseconds, and reads the other groups', async () => {
    const coordination = config.makeApiClient(k8s.CoordinationV1Api);
    await coordination.createNamespacedLease({
      namespace: 'kube-node-lease',
      body: {
        metadata: { name: 'node-1' },
        spec: {
          holderIdentity: 'node-1',
          renewTime: new k8s.V1MicroTime('2026-01-01T00:00:00.123456Z'),
        },
      },
    });
    const lease = await test.client.get(resources.leases, {
      namespace: 'kube-node-lease',
      name: 'node-1',
    });
    expect(lease.spec?.renewTime).toMatch(/^2026-01-01T00:00:00\.123\d{3}Z$/);
    const classes = await config.makeApiClient(k8s.NodeV1Api).listRuntimeClass();
    expect(classes.items).toEqual([]);
    const version = await config.makeApiClient(k8s.VersionApi).getCode();
    expect(version.minor).toBe('36');
  });
});
