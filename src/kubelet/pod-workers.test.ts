import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { TraceBus } from '#base/trace.ts';
import type { Pod } from '#kube/types.ts';
import { PodStatusCache } from './container/cache.ts';
import { effectiveGracePeriod } from './pod-sync-status.ts';
import { PodWorkers } from './pod-workers.ts';
import { BackoffError } from './sync-errors.ts';
import { settle } from './testing/settle.ts';
import { WorkQueue } from './work-queue.ts';

function podOf(uid: string, metadata: Pod['metadata'] = {}, status: Pod['status'] = {}): Pod {
  return {
    metadata: { uid, name: uid, namespace: 'default', ...metadata },
    spec: { containers: [], terminationGracePeriodSeconds: 30 },
    status,
  };
}

const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 };

function quickly(): Promise<boolean> {
  return Promise.resolve(false);
}

function rig() {
  const clock = new ManualClock();
  const cache = new PodStatusCache();
  const workQueue = new WorkQueue(clock);
  const calls: string[] = [];
  const behaviour = {
    sync: quickly as (signal: AbortSignal) => Promise<boolean>,
    terminating: (): Promise<void> => Promise.resolve(),
  };
  const workers = new PodWorkers({
    cache,
    workQueue,
    clock,
    trace: new TraceBus(clock),
    random: () => 0,
    onSynced: () => {
      cache.complete(cache.beginAsking());
    },
    onFailedSync: (_pod, message) => calls.push(`failed ${message}`),
    syncer: {
      syncPod({ pod, type, signal }) {
        calls.push(`sync ${pod.metadata?.uid ?? ''} ${type}`);
        return behaviour.sync(signal);
      },
      syncTerminatingPod({ pod, gracePeriod }) {
        calls.push(`terminating ${pod.metadata?.uid ?? ''} ${gracePeriod ?? ''}`);
        return behaviour.terminating();
      },
      syncTerminatingRuntimePod({ uid }) {
        calls.push(`runtime ${uid}`);
        return Promise.resolve();
      },
      syncTerminatedPod(pod) {
        calls.push(`terminated ${pod.metadata?.uid ?? ''}`);
        return Promise.resolve();
      },
    },
  });
  cache.complete(cache.beginAsking());
  const update = (type: 'create' | 'update' | 'sync' | 'kill', pod: Pod) =>
    workers.updatePod({ type, pod, startTime: clock.now() });
  return { clock, cache, workQueue, workers, calls, behaviour, update };
}

describe('PodWorkers', () => {
  it('takes a pod through its three phases', async () => {
    const { workers, calls, update } = rig();
    update('create', podOf('a'));
    await settle();
    update('update', podOf('a', deleted));
    await settle();
    expect(calls).toEqual(['sync a create', 'terminating a 30', 'terminated a']);
    expect(workers.isFinished('a')).toBe(true);
    expect(workers.syncKnownPods([])).toEqual(new Map());
    expect(workers.isKnown('a')).toBe(false);
  });

  it('never has two syncs of one pod at work, and keeps only the last update waiting', async () => {
    const { calls, behaviour, update } = rig();
    let release = (): void => undefined;
    behaviour.sync = () =>
      new Promise((resolve) => {
        release = () => {
          resolve(false);
        };
      });
    update('create', podOf('a'));
    await settle();
    update('update', podOf('a'));
    update('sync', podOf('a'));
    update('create', podOf('b'));
    await settle();
    expect(calls).toEqual(['sync a create', 'sync b create']);
    behaviour.sync = () => Promise.resolve(false);
    release();
    await settle();
    expect(calls).toEqual(['sync a create', 'sync b create']);
  });

  it('ends the sync under way when the pod is deleted', async () => {
    const { calls, behaviour, update } = rig();
    behaviour.sync = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    update('create', podOf('a'));
    await settle();
    update('update', podOf('a', deleted));
    await settle();
    expect(calls).toEqual(['sync a create', 'terminating a 30', 'terminated a']);
  });

  it('goes over to terminating when a pod ends by itself', async () => {
    const { calls, behaviour, update } = rig();
    behaviour.sync = () => Promise.resolve(true);
    update('create', podOf('a'));
    await settle();
    expect(calls).toEqual(['sync a create', 'terminating a ', 'terminated a']);
  });

  it('only cleans up after a pod that had ended before a restart', async () => {
    const { calls, update } = rig();
    update('create', podOf('a', {}, { phase: 'Succeeded' }));
    await settle();
    expect(calls).toEqual(['terminated a']);
  });

  it('kills what only the runtime knows', async () => {
    const { calls, workers } = rig();
    const runningPod = {
      uid: 'r',
      name: 'r',
      namespace: 'x',
      createdAt: 0,
      containers: [],
      sandboxes: [],
    };
    workers.updatePod({ type: 'sync', runningPod, startTime: 0 });
    expect(workers.isKnown('r')).toBe(false);
    workers.updatePod({ type: 'kill', runningPod, startTime: 0, kill: {} });
    await settle();
    expect(calls).toEqual(['runtime r']);
    workers.syncKnownPods([]);
    expect(workers.isKnown('r')).toBe(false);
  });

  it('ends pods that are not configured any more', async () => {
    const { calls, workers, update } = rig();
    update('create', podOf('a'));
    await settle();
    workers.syncKnownPods([]);
    await settle();
    expect(calls).toEqual(['sync a create', 'terminating a 30', 'terminated a']);
    expect(workers.shouldContentBeRemoved('a')).toBe(true);
  });

  it('remembers that a pod came again while it was ending', async () => {
    const { calls, workers, behaviour, update } = rig();
    let release = (): void => undefined;
    behaviour.terminating = () => new Promise((resolve) => (release = resolve));
    update('create', podOf('a'));
    await settle();
    update('kill', podOf('a'));
    await settle();
    update('create', podOf('a'));
    release();
    await settle();
    workers.syncKnownPods([podOf('a')]);
    expect(workers.isKnown('a')).toBe(false);
    update('create', podOf('a'));
    await settle();
    expect(calls.filter((call) => call === 'sync a create')).toHaveLength(2);
  });

  it('tells who asked for a kill when it is done', async () => {
    const { workers, clock, update } = rig();
    let completed = 0;
    const kill = { completed: () => completed++, gracePeriodOverride: 3 };
    update('create', podOf('a'));
    await settle();
    workers.updatePod({ type: 'kill', pod: podOf('a'), startTime: clock.now(), kill });
    await settle();
    expect(completed).toBe(1);
    workers.updatePod({ type: 'kill', pod: podOf('a'), startTime: clock.now(), kill });
    expect(completed).toBe(2);
  });

  it.each<[string, () => Promise<boolean>, number]>([
    ['went well', () => Promise.resolve(false), 60_000],
    ['failed', () => Promise.reject(new SandglassError('internal', 'no')), 10_000],
    [
      'lacked a network',
      () => Promise.reject(new SandglassError('unavailable', 'network is not ready: x')),
      1_000,
    ],
    ['is held back until 25 s', () => Promise.reject(new BackoffError('back-off', 25_000)), 25_000],
  ])('asks again after a sync that %s', async (_how, sync, delay) => {
    const { behaviour, workQueue, clock, update } = rig();
    behaviour.sync = sync;
    update('create', podOf('a'));
    await settle();
    clock.advance(delay - 1);
    expect(workQueue.takeDue()).toEqual([]);
    clock.advance(1);
    expect(workQueue.takeDue()).toEqual(['a']);
  });

  it('knows what may still run before the first housekeeping', () => {
    const { workers } = rig();
    expect(workers.couldHaveRunningContainers('unknown')).toBe(true);
    expect(workers.shouldContentBeRemoved('unknown')).toBe(false);
    workers.syncKnownPods([]);
    expect(workers.couldHaveRunningContainers('unknown')).toBe(false);
    expect(workers.shouldContentBeRemoved('unknown')).toBe(true);
  });

  it('ends all waits when it is stopped', async () => {
    const { workers, behaviour, update } = rig();
    behaviour.sync = (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    update('create', podOf('a'));
    await settle();
    await workers.stop();
    update('update', podOf('a'));
    expect(workers.isFinished('a')).toBe(false);
  });
});

describe('effectiveGracePeriod', () => {
  /** After pod_workers_test.go, Test_calculateEffectiveGracePeriod. */
  it.each([
    ['the spec', undefined, podOf('a'), undefined, 30, false],
    [
      'the deletion',
      undefined,
      podOf('a', { ...deleted, deletionGracePeriodSeconds: 5 }),
      undefined,
      5,
      false,
    ],
    ['an override', undefined, podOf('a'), 100, 100, false],
    ['a shorter override', 60, podOf('a'), 10, 10, true],
    ['what it had, before a longer override', 10, podOf('a'), 60, 10, false],
    [
      'a shorter deletion',
      30,
      podOf('a', { ...deleted, deletionGracePeriodSeconds: 5 }),
      undefined,
      5,
      true,
    ],
    [
      'at least a second',
      30,
      podOf('a', { ...deleted, deletionGracePeriodSeconds: 0 }),
      undefined,
      1,
      true,
    ],
  ])('is %s', (_what, gracePeriod, pod, override, seconds, shortened) => {
    const kill = override === undefined ? {} : { gracePeriodOverride: override };
    const update = { type: 'kill' as const, startTime: 0, pod, kill };
    expect(effectiveGracePeriod({ gracePeriod }, update)).toEqual({ seconds, shortened });
  });
});
