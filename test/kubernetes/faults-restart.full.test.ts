import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TraceRecord } from '#base/trace-records.ts';
import type { PodSpec } from '#kube/types.ts';
import type { Inventory } from './inventory.ts';
import { container, containerStatusOf, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';

/** Calls that change the node: each of them is a moment of its own; of the others the first of a phase is. */
const changing = new Set([
  'PullImage',
  'RunPodSandbox',
  'StopPodSandbox',
  'RemovePodSandbox',
  'CreateContainer',
  'StartContainer',
  'StopContainer',
  'RemoveContainer',
]);

/** Milliseconds for all moments of a phase, each of which is a life of its own. */
const phaseTime = 30 * 60_000;

interface Moment {
  kind: 'cri-call' | 'cri-return';
  method: string;
  /** From 1, among the calls of this method in the phase. */
  nth: number;
}

/** Init container, probe, hook, volume in memory: a pod that makes every kind of call. */
const spec: Partial<PodSpec> = {
  volumes: [{ name: 'scratch', emptyDir: { medium: 'Memory' } }],
  initContainers: [container('first', 'true')],
  containers: [
    {
      ...container('main'),
      volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
      lifecycle: { preStop: { exec: { command: ['true'] } } },
    },
    { ...container('second'), imagePullPolicy: 'Always' },
  ],
};

const name = 'victim';
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let cluster: TestCluster;
let clean: Inventory;
/** The calls that a life without a crash makes, in each of its phases. */
const calls = { create: [] as string[], restart: [] as string[], delete: [] as string[] };

async function create(): Promise<void> {
  await cluster.createPod(name, spec);
  await cluster.ready(name);
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

async function callsOf(work: () => Promise<void>): Promise<string[]> {
  const { trace } = cluster.kubernetes;
  const begin = trace.history().at(-1)?.id;
  await work();
  return trace
    .history(begin)
    .flatMap((record) => (record.kind === 'cri-call' ? [record.method] : []));
}

beforeAll(async () => {
  cluster = await TestCluster.start();
  clean = await cluster.afterFirstPod(spec);
  calls.create = await callsOf(create);
  calls.restart = await callsOf(restart);
  calls.delete = await callsOf(remove);
});
afterAll(() => cluster.stop());

function momentsOf(methods: readonly string[]): Moment[] {
  const counts = new Map<string, number>();
  return methods.flatMap((method) => {
    const nth = (counts.get(method) ?? 0) + 1;
    counts.set(method, nth);
    if (nth > 1 && !changing.has(method)) return [];
    return [
      { kind: 'cri-call', method, nth } as const,
      { kind: 'cri-return', method, nth } as const,
    ];
  });
}

function isMoment({ kind, method, nth }: Moment): (record: TraceRecord) => boolean {
  let count = 0;
  return (record) => record.kind === kind && record.method === method && ++count === nth;
}

interface Phase {
  /** Its calls when nothing goes wrong. */
  methods: readonly string[];
  before?: () => Promise<void>;
  live: () => Promise<void>;
  after?: () => Promise<void>;
}

/** Lives the phase once for each of its moments, with a crash there; which of them have come. */
async function crashAtEach({ methods, before, live, after }: Phase): Promise<Set<string>> {
  const reached = new Set<string>();
  for (const moment of momentsOf(methods)) {
    const text = `${moment.kind === 'cri-call' ? 'before' : 'after'} ${moment.method}`;
    await before?.();
    const crash = cluster.crashAt(isMoment(moment));
    try {
      await live();
      if (crash.happened) reached.add(text);
      crash.forget();
      await after?.();
    } catch (error) {
      throw new Error(`crash ${text} ${moment.nth}: ${String(error)}`, { cause: error });
    }
  }
  return reached;
}

/** A crash changes how many calls there are, but not which; when the kubelet asks how things are, is chance. */
function bothSidesOf(methods: readonly string[]): string[] {
  return methods
    .filter((method) => changing.has(method))
    .flatMap((method) => [`before ${method}`, `after ${method}`]);
}

describe('kubelet, CRI service and API server begin anew at every call of', () => {
  it('a life that makes them all', () => {
    const made = new Set([...calls.create, ...calls.restart, ...calls.delete]);
    expect([...changing].filter((method) => !made.has(method))).toEqual([]);
  });

  it(
    'a pod that is created: it runs, and nothing is left when it is deleted',
    async () => {
      const reached = await crashAtEach({ methods: calls.create, live: create, after: remove });
      expect(bothSidesOf(calls.create).filter((moment) => !reached.has(moment))).toEqual([]);
    },
    phaseTime,
  );

  it(
    'a pod whose container ends: that is restarted, and nothing is left of either',
    async () => {
      await create();
      const reached = await crashAtEach({ methods: calls.restart, live: restart });
      await remove();
      expect(bothSidesOf(calls.restart).filter((moment) => !reached.has(moment))).toEqual([]);
    },
    phaseTime,
  );

  it(
    'a pod that is deleted: nothing is left',
    async () => {
      const reached = await crashAtEach({ methods: calls.delete, before: create, live: remove });
      expect(bothSidesOf(calls.delete).filter((moment) => !reached.has(moment))).toEqual([]);
    },
    phaseTime,
  );
});
