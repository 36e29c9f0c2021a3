import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { resources } from '#kube/resources.ts';
import type { Node, Pod } from '#kube/types.ts';
import type { NodeImages } from '#rpc/contracts.ts';
import { fullDisk, killPause, noNetwork } from '#ui/playground/fault-commands.ts';
import { isReady } from './pods.ts';
import { until } from './until.ts';
import { WorkerCluster } from './worker-cluster.ts';

/** The playground's faults, by its own commands and calls. */
vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const whole = { runtimeStopped: false, registryBytesPerSecond: undefined };
const cluster = new WorkerCluster();
let images: NodeImages = { images: [], pulls: [] };

beforeAll(async () => {
  await cluster.api.start('snapshot');
  await cluster.api.startCluster();
  await cluster.api.watchImages((told) => (images = told));
  await cluster.cluster.kubernetesToCome();
  await create('web');
  await cluster.pod('web', isReady);
});

afterAll(() => cluster.node.stop());

function podOf(name: string, image = 'busybox:1.36'): Pod {
  const container = { name: 'main', image };
  const sleeper = { ...container, command: ['sleep', '1d'] };
  return {
    metadata: { name, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [image.startsWith('busybox') ? sleeper : container],
    },
  };
}

async function create(name: string, image?: string): Promise<void> {
  await (await cluster.client()).create<Pod>(resources.pods, podOf(name, image));
}

async function readiness(): Promise<{ status: string; message: string }> {
  const node = await (await cluster.client()).get<Node>(resources.nodes, { name: 'node-1' });
  const { status = '', message = '' } =
    node.status?.conditions?.find(({ type }) => type === 'Ready') ?? {};
  return { status, message };
}

function nodeIs(status: 'True' | 'False'): Promise<{ status: string; message: string }> {
  return until(`node-1 to be Ready=${status}`, async () => {
    const ready = await readiness();
    return ready.status === status ? ready : undefined;
  });
}

/** Whether a command succeeds on the node. */
async function succeeds(command: string): Promise<boolean> {
  return (await cluster.sh(`if ${command}; then echo yes; else echo no; fi 2>&1`)).trim() === 'yes';
}

it('pause is killed by the command that the page types, and the pod is made anew', async () => {
  await cluster.sh(killPause('default', 'web'));
  await cluster.pod('web', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1);
  await cluster.pod('web', isReady);
});

it('a full disk takes nothing more until it has room again, and pods run on', async () => {
  expect(await succeeds(fullDisk.probe)).toBe(false);
  await cluster.sh('dd if=/dev/zero of=/root/ballast bs=64k count=4 2>&1');
  await cluster.sh(fullDisk.command);
  expect(await succeeds(fullDisk.probe)).toBe(true);
  const write = '( dd if=/dev/zero of=/root/more bs=64k count=1 ) >/dev/null 2>&1';
  expect(await succeeds(write)).toBe(false);
  // It can be undone whatever was freed meanwhile.
  await cluster.sh('rm /root/ballast');
  expect(await succeeds(fullDisk.probe)).toBe(true);
  await create('late');
  await cluster.sh(fullDisk.undo);
  expect(await succeeds(fullDisk.probe)).toBe(false);
  expect(await succeeds(write)).toBe(true);
  await cluster.pod('late', isReady);
  expect(isReady(await cluster.pod('web', () => true))).toBe(true);
});

it('without a network configuration the node is not ready, until it is back', async () => {
  await cluster.sh(noNetwork.command);
  expect(await succeeds(noNetwork.probe)).toBe(true);
  const { message } = await nodeIs('False');
  expect(message).toContain('cni plugin not initialized');
  await until('the taint of a node that is not ready', async () => {
    const node = await (await cluster.client()).get<Node>(resources.nodes, { name: 'node-1' });
    return node.spec?.taints?.some(({ effect }) => effect === 'NoSchedule') ? true : undefined;
  });
  await create('waits');
  const { status } = await cluster.pod('waits', ({ status }) => status?.conditions !== undefined);
  const said = status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
  expect(said).toContain('1 node(s) had untolerated taint(s)');
  await cluster.sh(noNetwork.undo);
  expect(await succeeds(noNetwork.probe)).toBe(false);
  await nodeIs('True');
  await cluster.pod('waits', isReady);
});

it('a runtime that is stopped answers nobody, what it runs runs on, and the node recovers', async () => {
  const pid = (await cluster.sh('pgrep -f "sleep 1d" | head -1')).trim();
  await cluster.api.setFaults({ ...whole, runtimeStopped: true });
  expect(await cluster.sh('crictl version 2>&1 || true')).toContain('connection refused');
  const { message } = await nodeIs('False');
  expect(message).toContain('container runtime is down');
  expect(await succeeds(`[ -d /proc/${pid} ]`)).toBe(true);
  await cluster.api.setFaults(whole);
  await nodeIs('True');
  expect(await succeeds(`[ -d /proc/${pid} ]`)).toBe(true);
  await create('after');
  await cluster.pod('after', isReady);
});

it('a slow registry lets a pod wait for its image, and no longer than it is slow', async () => {
  await cluster.api.setFaults({ ...whole, registryBytesPerSecond: 2000 });
  await create('large', 'redis:7');
  const isPulling = () => images.pulls.find(({ loadedBytes }) => loadedBytes > 0);
  const pull = await until('the pull of redis to begin', () => Promise.resolve(isPulling()));
  expect(pull.loadedBytes).toBeLessThan(pull.totalBytes);
  await cluster.api.setFaults(whole);
  await cluster.pod('large', isReady);
});

it('faults go with the machine', async () => {
  await cluster.api.setFaults({ runtimeStopped: true, registryBytesPerSecond: 5 });
  await cluster.api.start('snapshot');
  await cluster.cluster.kubernetesToCome();
  expect(cluster.cluster.faults.told.value).toEqual(whole);
});
