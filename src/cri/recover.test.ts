import { createRouterTransport } from '@connectrpc/connect';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import { ContainerState, NamespaceMode, PodSandboxState } from '#kube/cri/api_pb.ts';
import { type CriClients, criClients } from '#kube/cri/client.ts';
import { createCri } from './cri.ts';
import type { LocalImage } from './ports.ts';
import type { StreamProtocols } from './streaming/ports.ts';
import { FakeNode } from './testing/fake-node.ts';
import { FakeRuntime } from './testing/fake-runtime.ts';

const image: LocalImage = {
  id: `sha256:${'a'.repeat(64)}`,
  repoTags: ['image:1'],
  repoDigests: [],
  layers: ['/layer'],
  config: { Entrypoint: ['/run'] },
};
const config = {
  metadata: { name: 'pod', namespace: 'default', uid: 'uid', attempt: 0 },
  hostname: 'pod',
  // Without a network of its own: that is another test's.
  linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } },
};

let node: FakeNode;
let runtime: FakeRuntime;
let cri: CriClients;
let clock: ManualClock;
/** What was in use whenever layers were collected. */
let collected: (readonly string[])[];

/** A life of the service over what is on the node. */
async function begin(): Promise<void> {
  const service = await createCri({
    agent: node.agent,
    images: {
      find: () => Promise.resolve(image),
      ensure: () => Promise.resolve(image),
      collectLayers: () => {
        collected.push(service.layersInUse());
        return Promise.resolve();
      },
    },
    runtimes: new Map([['', runtime]]),
    clock,
    trace: new TraceBus(clock),
    protocols: {} as StreamProtocols,
  });
  cri = criClients(createRouterTransport((router) => service.routes(router)));
}

beforeEach(async () => {
  clock = new ManualClock(1e12);
  node = new FakeNode();
  runtime = new FakeRuntime();
  collected = [];
  await begin();
});

async function runPod(): Promise<string> {
  return (await cri.runtime.runPodSandbox({ config })).podSandboxId;
}

async function createContainer(podSandboxId: string): Promise<string> {
  const request = {
    podSandboxId,
    sandboxConfig: config,
    config: { metadata: { name: 'main', attempt: 0 }, image: { image: 'image:1' } },
  };
  return (await cri.runtime.createContainer(request)).containerId;
}

const sandboxRecords = () => node.below('/run/sandglass/cri/sandboxes');

describe('a sandbox', () => {
  it('whose making was cut off can be found and removed in the next life', async () => {
    runtime.gate = new Promise(() => undefined);
    const cutOff = cri.runtime.runPodSandbox({ config });
    cutOff.catch(() => undefined);
    await expect.poll(() => node.below('/run/sandglass/sandboxes').length).toBeGreaterThan(0);
    await begin();
    const { items } = await cri.runtime.listPodSandbox({});
    expect(items).toMatchObject([
      { state: PodSandboxState.SANDBOX_NOTREADY, metadata: config.metadata },
    ]);
    const podSandboxId = items[0]?.id ?? '';
    await cri.runtime.removePodSandbox({ podSandboxId });
    expect(runtime.cleanedUp).toEqual([podSandboxId]);
    expect(node.below('/run/sandglass')).toEqual([]);
  });

  it('that could not be made leaves no record', async () => {
    runtime.gate = Promise.reject(new Error('no'));
    runtime.gate.catch(() => undefined);
    await expect(runPod()).rejects.toThrow('failed to start sandbox');
    expect(sandboxRecords()).toEqual([]);
    runtime.gate = Promise.resolve();
    await runPod();
  });

  it('stops and goes on a full disk', async () => {
    const podSandboxId = await runPod();
    node.isFull = true;
    await cri.runtime.stopPodSandbox({ podSandboxId });
    await cri.runtime.removePodSandbox({ podSandboxId });
    expect(runtime.tasks.size).toBe(0);
    expect(sandboxRecords()).toEqual([]);
  });
});

describe('a container', () => {
  it('whose start was cut off is taken down in the next life', async () => {
    const containerId = await createContainer(await runPod());
    const record = `/run/sandglass/cri/containers/${containerId}.json`;
    const created = node.texts.get(record) ?? '';
    await cri.runtime.startContainer({ containerId });
    // As if the call had not come to its end.
    node.texts.set(record, created);
    await begin();
    expect(runtime.cleanedUp).toEqual([containerId]);
    const { status } = await cri.runtime.containerStatus({ containerId });
    expect(status?.state).toBe(ContainerState.CONTAINER_CREATED);
  });

  it.each([
    ['now', 0, 100_000],
    ['a minute ago', -60_000, 40_000],
    // The clocks of node and cluster are set apart from each other.
    ['in what is the future by one of them', 5_000, 100_000],
    ['before its start, by one of them', -500_000, 0],
  ])('that ended %s did so by the cluster’s clock', async (_, sinceNow, ended) => {
    const containerId = await createContainer(await runPod());
    await cri.runtime.startContainer({ containerId });
    clock.advance(100_000);
    node.wallTime = 1.5e12;
    runtime.tasks.get(containerId)?.end(3, node.wallTime + sinceNow);
    await begin();
    const finishedAt = BigInt(1e12 + ended) * 1_000_000n;
    await expect
      .poll(async () => (await cri.runtime.containerStatus({ containerId })).status)
      .toMatchObject({ exitCode: 3, finishedAt });
  });

  it('that ends on a full disk is told as ended, and in the next life too', async () => {
    const containerId = await createContainer(await runPod());
    await cri.runtime.startContainer({ containerId });
    node.isFull = true;
    await cri.runtime.stopContainer({ containerId, timeout: 0n });
    const ended = { state: ContainerState.CONTAINER_EXITED, exitCode: 137 };
    expect((await cri.runtime.containerStatus({ containerId })).status).toMatchObject(ended);
    node.isFull = false;
    await begin();
    await expect
      .poll(async () => (await cri.runtime.containerStatus({ containerId })).status)
      .toMatchObject(ended);
  });

  it('that is removed lets go of its image’s layers, and so does its sandbox', async () => {
    const podSandboxId = await runPod();
    const containerId = await createContainer(podSandboxId);
    await cri.runtime.removeContainer({ containerId });
    expect(collected.at(-1)).toEqual(image.layers);
    await cri.runtime.stopPodSandbox({ podSandboxId });
    await cri.runtime.removePodSandbox({ podSandboxId });
    expect(collected.at(-1)).toEqual([]);
  });

  it('that ended on a full disk can be removed', async () => {
    const containerId = await createContainer(await runPod());
    await cri.runtime.startContainer({ containerId });
    node.isFull = true;
    await cri.runtime.removeContainer({ containerId });
    expect(runtime.tasks.size).toBe(1);
    expect(node.below('/run/sandglass/cri/containers')).toEqual([]);
  });
});
