import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { PodSpec } from '#kube/types.ts';
import { FaultyMachines } from './faulty-machines.ts';
import type { Inventory } from './inventory.ts';
import { container, containerStatusOf, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let cluster: TestCluster;
let clean: Inventory;
const name = 'victim';
const mebibyte = 1 << 20;
/** Room for two of the smallest machines. */
const machines = new FaultyMachines(128 * mebibyte);

const kata: Partial<PodSpec> = { runtimeClassName: 'kata-template' };

beforeAll(async () => {
  cluster = await TestCluster.start(undefined, { virtualMachines: machines });
  clean = await cluster.afterFirstPod(kata);
});
afterAll(() => cluster.stop());
afterEach(async () => {
  machines.loseReplies(0);
  for (const each of [name, 'other', 'third']) {
    if (await cluster.pod(each)) await cluster.deletePod(each);
  }
  await cluster.nothingLeft(clean);
});

async function start(spec: Partial<PodSpec> = {}): Promise<string> {
  await cluster.createPod(name, { ...kata, ...spec });
  await cluster.ready(name);
  return (await cluster.sandboxOf(name)).id;
}

/** The pod runs again, in another sandbox. */
async function runsAnew(id: string): Promise<void> {
  expect(await cluster.event(name, 'SandboxChanged')).toBe(
    'Pod sandbox changed, it will be killed and re-created.',
  );
  await cluster.podWhen(
    name,
    'restarted',
    (pod) => isReady(pod) && containerStatusOf(pod, 'main')?.restartCount === 1,
  );
  expect((await cluster.sandboxOf(name)).id).not.toBe(id);
}

const inPod = (command: string) =>
  cluster.shell(`kubectl exec ${name} -- sh -c '${command}'; true`);

const root: PodSpec['containers'] = [
  { ...container('main'), securityContext: { privileged: true } },
];

it.each([
  ['the VMM', 'kill -9 $(pgrep -f "^[^ ]*sandglass-vmm")'],
  ['the shim, and the VMM does not outlive it', 'kill -9 $(pgrep -f "^[^ ]*sandglass-shim-kata")'],
])('kill -9 of %s: the kubelet makes the pod anew', async (_what, command) => {
  const id = await start();
  await cluster.shell(command);
  await runsAnew(id);
  expect(await cluster.shell('pgrep -fc "^[^ ]*sandglass-vmm"')).toBe('1\n');
});

it('kill -9 of the VMM while its machine comes up: the sandbox is made again', async () => {
  await cluster.createPod(name, { runtimeClassName: 'kata-qemu' });
  const find = 'pgrep -f "^[^ ]*sandglass-vmm" || true';
  const pid = await until('a VMM', async () => (await cluster.shell(find)).trim() || undefined);
  await cluster.shell(`kill -9 ${pid}`);
  expect(await cluster.event(name, 'FailedCreatePodSandBox')).toMatch(/VMM|virtual machine/);
  await cluster.ready(name);
});

it('a worker that is ended: its VMM ends, and the kubelet makes the pod anew', async () => {
  const id = await start();
  await machines.terminateLast();
  await runsAnew(id);
});

it('a kernel that panics: the kubelet makes the pod anew', async () => {
  const id = await start({ containers: root });
  await inPod('echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger');
  await runsAnew(id);
});

it('a console that is flooded holds up nothing', async () => {
  await start({ containers: root });
  await inPod('i=0; while [ $i -lt 2000 ]; do echo "flood $i" > /dev/kmsg; i=$((i+1)); done');
  expect(await inPod('echo alive')).toBe('alive\n');
});

it('a 9P reply that is lost hangs what waits for it, and the pod can be deleted all the same', async () => {
  await start();
  machines.loseReplies(1);
  void inPod('cat /etc/passwd').catch(() => undefined);
  await until('the lost reply', () => Promise.resolve(machines.lost ? true : undefined));
  await cluster.deletePod(name, 1);
});

it('a pod for whose machine there is no memory is Pending and says so, until another has gone', async () => {
  await start();
  await cluster.createPod('other', kata);
  await cluster.ready('other');
  await cluster.createPod('third', kata);
  expect(await cluster.event('third', 'FailedCreatePodSandBox')).toContain(
    'This browser tab has no memory for another virtual machine: 128 MiB of 128 MiB are taken, and it needs 64 MiB.',
  );
  expect((await cluster.pod('third'))?.status?.phase).toBe('Pending');
  await cluster.deletePod('other');
  await cluster.ready('third');
});

it('an agent of the node that is lost takes the machines with it, and their pods are made anew', async () => {
  const id = await start();
  await cluster.loseAgent();
  await runsAnew(id);
});
