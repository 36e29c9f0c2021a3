import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { DamagedRegistry } from './damaged-registry.ts';
import type { Inventory } from './inventory.ts';
import { container, containerStatusOf, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';

/** Each is a pod's whole life, or two of them. */
vi.setConfig({ testTimeout: 300_000 });

const registry = new DamagedRegistry();
let cluster: TestCluster;
let clean: Inventory;
const name = 'victim';

beforeAll(async () => {
  cluster = await TestCluster.start(undefined, { registry });
  clean = await cluster.afterFirstPod();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  if (await cluster.pod(name)) await cluster.deletePod(name, 0);
});

it('pause is killed: the kubelet makes the sandbox anew, and nothing is left when the pod is deleted', async () => {
  await cluster.createPod(name, { containers: [container('main'), container('second')] });
  await cluster.ready(name);
  const { id, pid } = await cluster.sandboxOf(name);
  await cluster.shell(`kill -9 ${pid}`);
  expect(await cluster.event(name, 'SandboxChanged')).toBe(
    'Pod sandbox changed, it will be killed and re-created.',
  );
  await cluster.podWhen(
    name,
    'restarted',
    (pod) => isReady(pod) && containerStatusOf(pod, 'second')?.restartCount === 1,
  );
  expect((await cluster.sandboxOf(name)).id).not.toBe(id);
  await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

it('a layer comes with another digest: ErrImagePull, ImagePullBackOff, and nothing half-unpacked', async () => {
  const layer = await registry.topLayerOf('docker.io/sandglass/http-server', '1');
  registry.damage(layer, (blob) => blob.map((byte, i) => (i === 40 ? byte ^ 1 : byte)));
  const image = 'docker.io/sandglass/http-server:1';
  await cluster.createPod(name, { containers: [{ ...container('main'), image }] });
  expect(await cluster.pullFailure(name, image)).toMatch(
    `failed to pull and unpack image "${image}": failed commit on ref "layer-${layer.digest}": unexpected commit digest `,
  );
  await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

it('kubelet and CRI service are lost when RunPodSandbox has done its work: the pod lives its life, and nothing is left', async () => {
  const crash = cluster.crashAt(
    (record) => record.kind === 'cri-return' && record.method === 'RunPodSandbox',
  );
  await cluster.createPod(name);
  await cluster.ready(name);
  await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
  expect(crash.happened).toBe(true);
});
