import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sleep, systemClock } from '#base/clock.ts';
import { resources } from '#kube/resources.ts';
import type { PodSpec } from '#kube/types.ts';
import type { Inventory } from './inventory.ts';
import { container, containerStatusOf, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

const name = 'patient';
/** Nearly always under way, and the first that falls due before it ends restarts the container. */
const probe = {
  exec: { command: ['true'] },
  periodSeconds: 1,
  timeoutSeconds: 20,
  failureThreshold: 1,
};
const spec: Partial<PodSpec> = {
  containers: [{ ...container('main'), livenessProbe: probe, readinessProbe: probe }],
};

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let cluster: TestCluster;
let clean: Inventory;
beforeAll(async () => {
  cluster = await TestCluster.start();
  clean = await cluster.afterFirstPod();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  if (await cluster.pod(name)) await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

async function staysWell(): Promise<void> {
  const lease = () =>
    cluster.client.get(resources.leases, { namespace: 'kube-node-lease', name: 'node-1' });
  const renewed = (await lease()).spec?.renewTime;
  cluster.skip(11_000);
  await until('the lease to be renewed', async () => {
    return (await lease()).spec?.renewTime !== renewed;
  });
  const probes = cluster.answersOf('ExecSync').length;
  await until('a probe', () => cluster.answersOf('ExecSync').length > probes);
  const pod = await cluster.ready(name);
  const events = await cluster.eventsOf(name);
  const reasons = events.map(({ reason }) => reason);
  expect(reasons).not.toContain('Unhealthy');
  expect(reasons).not.toContain('Killing');
  expect(containerStatusOf(pod, 'main')?.restartCount).toBe(0);
  const [node] = (await cluster.client.list(resources.nodes)).items;
  expect(node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
}

it('the machine is stopped for a minute: pods, probes, a grace period and the lease go on where they were', async () => {
  await cluster.createPod(name, spec);
  await cluster.createPod('leaving', {
    containers: [container('main', 'trap "sleep 2; exit 3" TERM; sleep 3600 & wait')],
    terminationGracePeriodSeconds: 30,
  });
  await cluster.ready(name);
  await cluster.ready('leaving');
  const gone = cluster.deletePod('leaving');
  await cluster.event('leaving', 'Killing');
  await cluster.pauseMachine(() => sleep(systemClock, 60_000));
  await gone;
  expect(JSON.stringify(cluster.answersOf('ContainerStatus'))).toContain('"exitCode":3');
  await staysWell();
});

describe("the cluster's clock is held while the machine runs", () => {
  it('pods, probes and the lease are as they were', async () => {
    await cluster.createPod(name, spec);
    await cluster.ready(name);
    cluster.kubernetes.clock.stop();
    await sleep(systemClock, 25_000);
    cluster.kubernetes.clock.start();
    await staysWell();
  });

  it('a container that ends meanwhile is restarted afterwards', async () => {
    await cluster.createPod(name, spec);
    await cluster.ready(name);
    const pid = await cluster.pidOf(name, 'main');
    cluster.kubernetes.clock.stop();
    await cluster.shell(`kill -9 ${pid}; while [ -d /proc/${pid} ]; do sleep 0.1; done`);
    cluster.kubernetes.clock.start();
    const pod = await cluster.podWhen(
      name,
      'restarted',
      (pod) => isReady(pod) && containerStatusOf(pod, 'main')?.restartCount === 1,
    );
    expect(containerStatusOf(pod, 'main')?.lastState?.terminated?.exitCode).toBe(137);
  });
});
