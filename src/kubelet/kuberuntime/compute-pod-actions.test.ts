import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '#kube/types.ts';
import type { ContainerStatus, PodStatus, SandboxStatus } from '#kubelet/container/types.ts';
import { type ProbeVerdicts, computePodActions } from './compute-pod-actions.ts';
import { hashContainer } from './hash.ts';

/** After kuberuntime_manager_test.go, TestComputePodActions: three containers run in a ready sandbox. */
const names = ['foo1', 'foo2', 'foo3'] as const;

const quiet: ProbeVerdicts = {
  livenessFailed: () => false,
  startupFailed: () => false,
  startupSucceeded: () => false,
};

function container(name: string): Container {
  return { name, image: 'busybox' };
}

function podOf(change: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  return {
    metadata: { uid: '12345678', name: 'foo', namespace: 'new' },
    spec: { containers: names.map(container), restartPolicy: 'Always', ...change },
  };
}

const sandbox: SandboxStatus = {
  id: 'sandbox',
  ready: true,
  attempt: 0,
  createdAt: 1,
  ips: ['10.0.0.1'],
  hostNetwork: false,
  runtimeHandler: '',
};

function statusOf(name: string, change: Partial<ContainerStatus> = {}): ContainerStatus {
  return {
    id: `id-${name}`,
    name,
    state: 'running',
    createdAt: 1,
    startedAt: 1,
    finishedAt: 0,
    exitCode: 0,
    image: 'busybox',
    imageId: 'sha256:1',
    hash: hashContainer(container(name)),
    restartCount: 0,
    reason: '',
    message: '',
    mounts: [],
    user: undefined,
    ...change,
  };
}

function podStatus(
  changes: Record<string, Partial<ContainerStatus> | undefined> = {},
  sandboxes: readonly SandboxStatus[] = [sandbox],
): PodStatus {
  return {
    uid: '12345678',
    name: 'foo',
    namespace: 'new',
    ips: [],
    sandboxes,
    containers: names
      .filter((name) => !(name in changes) || changes[name] !== undefined)
      .map((name) => statusOf(name, changes[name])),
  };
}

function summary(pod: Pod, status: PodStatus, probes: Partial<ProbeVerdicts> = {}) {
  const actions = computePodActions(pod, status, { ...quiet, ...probes });
  return {
    killPod: actions.killPod,
    createSandbox: actions.createSandbox,
    attempt: actions.attempt,
    start: actions.containersToStart.map(({ name }) => name),
    init: actions.initContainersToStart.map(({ name }) => name),
    kill: actions.containersToKill.map(({ name, message }) => `${name}: ${message}`),
  };
}

const nothing = { killPod: false, createSandbox: false, attempt: 0, start: [], init: [], kill: [] };
const exited = (exitCode: number): Partial<ContainerStatus> => ({ state: 'exited', exitCode });

describe('computePodActions', () => {
  it('does nothing when all run', () => {
    expect(summary(podOf(), podStatus())).toEqual(nothing);
  });

  it('makes a sandbox and starts all for a new pod', () => {
    expect(
      summary(podOf(), podStatus({ foo1: undefined, foo2: undefined, foo3: undefined }, [])),
    ).toEqual({
      ...nothing,
      killPod: true,
      createSandbox: true,
      start: [...names],
    });
  });

  it.each([
    ['Always', { foo1: exited(0) }, ['foo1']],
    ['Always', { foo1: exited(1), foo2: exited(0) }, ['foo1', 'foo2']],
    ['OnFailure', { foo1: exited(0), foo2: exited(1) }, ['foo2']],
    ['Never', { foo1: exited(0), foo2: exited(1) }, []],
    ['Never', { foo1: undefined }, ['foo1']],
    ['Never', { foo1: { state: 'created' } as const }, ['foo1']],
  ])('with policy %s and %j starts %j', (restartPolicy, changes, start) => {
    expect(summary(podOf({ restartPolicy }), podStatus(changes))).toEqual({ ...nothing, start });
  });

  it.each([
    ['OnFailure', exited(0)],
    ['Never', exited(0)],
    ['Never', exited(1)],
  ])('with policy %s ends a pod whose containers are all %j', (restartPolicy, ended) => {
    const status = podStatus({ foo1: ended, foo2: ended, foo3: ended });
    expect(summary(podOf({ restartPolicy }), status)).toEqual({ ...nothing, killPod: true });
  });

  it('starts nothing in a pod that is deleted', () => {
    const pod = podOf();
    pod.metadata = { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(summary(pod, podStatus({ foo1: exited(1) }))).toEqual(nothing);
  });

  it('kills and starts anew what changed its definition, whatever the policy', () => {
    expect(
      summary(podOf({ restartPolicy: 'Never' }), podStatus({ foo2: { hash: 'old' } })),
    ).toEqual({
      ...nothing,
      start: ['foo2'],
      kill: ['foo2: Container foo2 definition changed, will be restarted'],
    });
  });

  it.each([
    [
      'livenessFailed',
      'Always',
      'Container foo1 failed liveness probe, will be restarted',
      ['foo1'],
    ],
    ['livenessFailed', 'Never', 'Container foo1 failed liveness probe', []],
    [
      'startupFailed',
      'OnFailure',
      'Container foo1 failed startup probe, will be restarted',
      ['foo1'],
    ],
  ] as const)('on %s with policy %s kills', (verdict, restartPolicy, message, start) => {
    const probes = { [verdict]: (id: string) => id === 'id-foo1' };
    expect(summary(podOf({ restartPolicy }), podStatus(), probes)).toEqual({
      ...nothing,
      start: [...start],
      kill: [`foo1: ${message}`],
    });
  });

  it('kills what is in an unknown state before it starts it', () => {
    expect(summary(podOf(), podStatus({ foo1: { state: 'unknown' } }))).toEqual({
      ...nothing,
      start: ['foo1'],
      kill: ['foo1: Container is in "unknown" state, try killing it before restart'],
    });
  });

  describe('with a sandbox that is not ready', () => {
    const gone = [{ ...sandbox, ready: false, attempt: 2 }];

    it('makes another and starts all', () => {
      const status = podStatus({ foo1: exited(137), foo2: exited(137), foo3: exited(137) }, gone);
      expect(summary(podOf(), status)).toEqual({
        ...nothing,
        killPod: true,
        createSandbox: true,
        attempt: 3,
        start: [...names],
      });
    });

    it('leaves out what succeeded with OnFailure', () => {
      const status = podStatus({ foo1: exited(0), foo2: exited(1) }, gone);
      expect(summary(podOf({ restartPolicy: 'OnFailure' }), status).start).toEqual([
        'foo2',
        'foo3',
      ]);
    });

    it('makes none when all succeeded with OnFailure', () => {
      const status = podStatus({ foo1: exited(0), foo2: exited(0), foo3: exited(0) }, gone);
      expect(summary(podOf({ restartPolicy: 'OnFailure' }), status)).toMatchObject({
        killPod: true,
        createSandbox: false,
      });
    });

    it('makes none for a pod that must not be restarted', () => {
      const status = podStatus({ foo1: exited(1) }, gone);
      expect(summary(podOf({ restartPolicy: 'Never' }), status)).toMatchObject({
        killPod: true,
        createSandbox: false,
        start: [],
      });
    });
  });

  it.each([
    ['two ready ones', [sandbox, { ...sandbox, id: 'other' }], {}],
    ['one without address', [{ ...sandbox, ips: [] }], {}],
    ['one in another network', [sandbox], { hostNetwork: true }],
  ])('makes another sandbox in place of %s', (_what, sandboxes, spec) => {
    expect(summary(podOf(spec), podStatus({}, sandboxes))).toMatchObject({
      killPod: true,
      createSandbox: true,
      attempt: 1,
    });
  });
});

describe('computePodActions with init containers', () => {
  const initContainers = ['i1', 'i2', 'i3'].map(container);
  const init = (pairs: Record<string, Partial<ContainerStatus>>): PodStatus => ({
    ...podStatus({ foo1: undefined, foo2: undefined, foo3: undefined }),
    containers: Object.entries(pairs).map(([name, change]) => statusOf(name, change)),
  });

  it.each([
    ['nothing has run', {}, ['i1']],
    ['the first runs', { i1: {} }, []],
    ['the first has ended well', { i1: exited(0) }, ['i2']],
    ['the second has failed', { i1: exited(0), i2: exited(1) }, ['i2']],
    ['the last runs', { i3: {} }, []],
    ['one was made but not started', { i1: { state: 'created' } as const }, ['i1']],
  ])('when %s', (_when, statuses, next) => {
    expect(summary(podOf({ initContainers }), init(statuses))).toEqual({ ...nothing, init: next });
  });

  it('goes on to the others when the last has ended well', () => {
    expect(summary(podOf({ initContainers }), init({ i3: exited(0) }))).toEqual({
      ...nothing,
      start: [...names],
    });
  });

  it('ends the pod when one fails for good', () => {
    const pod = podOf({ initContainers, restartPolicy: 'Never' });
    expect(summary(pod, init({ i1: exited(1) }))).toEqual({ ...nothing, killPod: true });
  });

  it('does not run them again when regular ones have begun', () => {
    const status = podStatus();
    expect(summary(podOf({ initContainers }), status)).toEqual(nothing);
  });

  it('begins with the first in a new sandbox', () => {
    const status = podStatus({ foo1: exited(1), foo2: exited(1), foo3: exited(1) }, [
      { ...sandbox, ready: false },
    ]);
    expect(summary(podOf({ initContainers }), status)).toMatchObject({
      createSandbox: true,
      init: ['i1'],
      start: [],
    });
  });

  describe('that are sidecars', () => {
    const sidecars = initContainers.map((spec) => ({ ...spec, restartPolicy: 'Always' }));

    it.each([
      ['the first runs', { i1: {} }, ['i2']],
      ['the first has ended', { i1: exited(0) }, ['i1']],
      ['one ended beside a running one', { i1: exited(1), i2: {} }, ['i1', 'i3']],
    ])('when %s', (_when, statuses, next) => {
      expect(summary(podOf({ initContainers: sidecars }), init(statuses))).toEqual({
        ...nothing,
        init: next,
      });
    });

    it('are started again beside running containers', () => {
      const status = podStatus();
      expect(summary(podOf({ initContainers: sidecars }), status)).toEqual({
        ...nothing,
        init: ['i1', 'i2', 'i3'],
      });
    });

    it('are killed when their liveness probe fails', () => {
      const status = {
        ...podStatus(),
        containers: [...podStatus().containers, statusOf('i1'), statusOf('i2'), statusOf('i3')],
      };
      const probes = { livenessFailed: (id: string) => id === 'id-i2' };
      expect(summary(podOf({ initContainers: sidecars }), status, probes)).toEqual({
        ...nothing,
        init: ['i2'],
        kill: ['i2: Init container i2 failed liveness probe'],
      });
    });
  });
});
