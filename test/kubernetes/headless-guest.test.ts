import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { ClientDoors } from '#host/client-doors.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { nodeDuplex } from '#host/node-duplex.ts';
import { nodeInProcess } from '#host/node-in-process.ts';
import { type CriClients, criClients } from '#kube/cri/client.ts';
import type { Listening } from '#rpc/contracts.ts';

let folder: string;
let node: LinuxNode;
let cluster: NodeCluster;
let doors: ClientDoors;
let listening: Listening;
const errors: unknown[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sandglass-guest-'));
  node = nodeInProcess();
  const onError = (error: unknown) => void errors.push(error);
  doors = new ClientDoors(node, onError);
  cluster = new NodeCluster(node, {
    registry: new SiteRegistry(new GuestAssets(new DirectoryAssets(guestDirectory()))),
    nodeName: 'node-1',
    kubelet: false,
    streamingUrl: () => doors.streamingUrl,
    onError,
  });
  doors.follow(cluster);
  listening = await doors.listen({ kubePort: 0, criSocket: path.join(folder, 'cri.sock') });
  await node.start('snapshot');
  await cluster.kubernetesToCome();
  await doors.openInGuest();
});
afterAll(async () => {
  doors.close();
  node.stop();
  await rm(folder, { recursive: true });
  expect(errors).toEqual([]);
});

function grpc(connection: Duplex): CriClients {
  return criClients(
    createGrpcTransport({
      baseUrl: 'http://localhost',
      nodeOptions: { createConnection: () => connection },
    }),
  );
}

async function guestCri(): Promise<CriClients> {
  const { agent } = node.running;
  return grpc(nodeDuplex(await agent.connect({ unix: '/run/sandglass/cri.sock' })));
}

describe('clients on the node', () => {
  it('meet the same CRI as those outside', async () => {
    const inside = await guestCri();
    const outside = grpc(connect(path.join(folder, 'cri.sock')));
    expect((await inside.runtime.version({})).runtimeName).toBe('sandglass');
    const { podSandboxId } = await inside.runtime.runPodSandbox({
      config: {
        metadata: { name: 'p', namespace: 'n', uid: 'u', attempt: 0 },
        logDirectory: '/var/log',
        linux: {},
      },
    });
    const { items } = await outside.runtime.listPodSandbox({});
    expect(items.map(({ id }) => id)).toEqual([podSandboxId]);
    const { url } = await inside.runtime.portForward({ podSandboxId, port: [80] });
    expect(new URL(url).origin).toBe(listening.streaming);
    await outside.runtime.removePodSandbox({ podSandboxId });
  });

  it('reach the streaming server by the address of those outside', async () => {
    const { agent } = node.running;
    const { port, hostname } = new URL(listening.streaming ?? '');
    const connection = await agent.connect({ host: hostname, port: Number(port) });
    const head = 'GET /exec/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    await connection.outgoing.write(new TextEncoder().encode(head));
    expect(await readAllText(connection.incoming)).toMatch(/^HTTP\/1\.1 400 /);
    const response = await fetch(`${listening.streaming ?? ''}/exec/none`);
    expect(response.status).toBe(400);
  });

  it('are told of each call, as the trace is', async () => {
    const { trace } = await cluster.kubernetesToCome();
    const methods: string[] = [];
    trace.listen((record) => {
      if (record.kind === 'cri-call' || record.kind === 'cri-return') methods.push(record.method);
    });
    await (await guestCri()).runtime.status({});
    expect(methods).toEqual(['Status', 'Status']);
  });

  it('find it all again when the agent has been started anew', async () => {
    const before = await cluster.kubernetesToCome();
    const again = new Promise((resolve) => cluster.started.listen(resolve));
    const { agent } = node.running;
    await agent.run({ argv: ['kill', '-9', String(agent.pid)] }).catch(() => undefined);
    await again;
    await doors.openInGuest();
    expect(await cluster.kubernetesToCome()).not.toBe(before);
    expect((await (await guestCri()).runtime.version({})).runtimeName).toBe('sandglass');
    const response = await fetch(`${listening.kube ?? ''}/version`);
    expect(response.status).toBe(200);
  });
});
