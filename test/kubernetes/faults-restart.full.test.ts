import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PodSpec } from '#kube/types.ts';
import { CriMoments, changingCalls } from './cri-moments.ts';
import type { Inventory } from './inventory.ts';
import { container, containerStatusOf, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';

/** Init container, probe, hook, volume in memory: a pod that makes every kind of call. */
const spec: Partial<PodSpec> = {
  volumes: [{ name: 'scratch', emptyDir: { medium: 'Memory' } }],
  initContainers: [container('first', 'true')],
  containers: [
    {
      ...container('main'),
      volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1, timeoutSeconds: 10 },
      lifecycle: { preStop: { exec: { command: ['true'] } } },
    },
    { ...container('second'), imagePullPolicy: 'Always' },
  ],
};

const name = 'victim';
vi.setConfig({ testTimeout: 900_000, hookTimeout: 600_000 });

let cluster: TestCluster;
let clean: Inventory;
/** The moments of a life without a crash, in each of its phases. */
const moments = { create: [] as string[], restart: [] as string[], delete: [] as string[] };

async function create(): Promise<void> {
  await cluster.createPod(name, spec);
  await cluster.ready(name);
}

/** As the test before has left it, if that was run. */
async function there(): Promise<void> {
  if (!(await cluster.pod(name))) await create();
}

async function restart(): Promise<void> {
  const before = containerStatusOf(await cluster.pod(name), 'main')?.restartCount ?? 0;
  await cluster.shell(`kill -9 ${await cluster.pidOf(name, 'main')}`);
  await cluster.podWhen(
    name,
    'restarted',
    (pod) => isReady(pod) && (containerStatusOf(pod, 'main')?.restartCount ?? 0) > before,
  );
}

async function remove(): Promise<void> {
  await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
}

const words = new CriMoments();

/** The moments that come up meanwhile. */
async function momentsOf(work: () => Promise<void>): Promise<string[]> {
  const seen = new Set<string>();
  const stop = cluster.records.listen((record) => {
    const moment = words.of(record);
    if (moment !== undefined) seen.add(moment);
  });
  await work();
  stop();
  return [...seen];
}

/** Lives through it with a crash the first time that each of the moments comes; those that never came. */
async function crashAtEach(
  moments: readonly string[],
  live: () => Promise<void>,
): Promise<string[]> {
  const left = new Set(moments);
  const stop = cluster.crashWhenever((record) => left.delete(words.of(record) ?? ''));
  try {
    await live();
  } catch (error) {
    throw new Error(`With no crash yet at ${[...left].join(', ')}`, { cause: error });
  } finally {
    stop();
  }
  return [...left];
}

beforeAll(async () => {
  cluster = await TestCluster.start();
  clean = await cluster.afterFirstPod(spec);
  moments.create = await momentsOf(create);
  // When the ended container is removed is the garbage collector's affair.
  moments.restart = (await momentsOf(restart)).filter((each) => !each.includes('Remove'));
  moments.delete = await momentsOf(remove);
});
afterAll(() => cluster.stop());

describe('kubelet, CRI service and API server are lost before and after every call that changes the node, of', () => {
  it('a life that makes them all', () => {
    const made = Object.values(moments)
      .flat()
      .map((moment) => moment.split(' ')[1]);
    expect([...changingCalls].filter((method) => !made.includes(method))).toEqual([]);
    expect(moments.create).toContain('after StartContainer first');
    expect(moments.delete).toContain('before RemoveContainer second');
  });

  it('a pod that is created: it runs', async () => {
    expect(await crashAtEach(moments.create, create)).toEqual([]);
    const { containerStatuses, initContainerStatuses } = (await cluster.pod(name))?.status ?? {};
    expect(containerStatuses?.map(({ state }) => Object.keys(state ?? {}))).toEqual([
      ['running'],
      ['running'],
    ]);
    expect(initContainerStatuses?.[0]?.state?.terminated?.exitCode).toBe(0);
  });

  it('a container that ends: it is restarted', async () => {
    await there();
    expect(await crashAtEach(moments.restart, restart)).toEqual([]);
  });

  it('a pod that is deleted: nothing is left', async () => {
    await there();
    const missed = await crashAtEach(moments.delete, remove);
    // Its containers are stopped at once: while one life ends with the one, the other may end by itself.
    expect(missed.filter((moment) => !moment.startsWith('after StopContainer'))).toEqual([]);
  });
});
