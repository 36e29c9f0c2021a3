import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { PodStatusCache } from '#kubelet/container/cache.ts';
import { type ContainerState, type RuntimePod, emptyPodStatus } from '#kubelet/container/types.ts';
import { settle } from '#kubelet/testing/settle.ts';
import { GenericPleg, type PodLifecycleEvent } from './generic.ts';

const signal = new AbortController().signal;

function podOf(uid: string, containers: Record<string, ContainerState>): RuntimePod {
  return {
    uid,
    name: uid,
    namespace: 'default',
    createdAt: 0,
    sandboxes: [],
    containers: Object.entries(containers).map(([id, state]) => ({
      id,
      name: id,
      state,
      createdAt: 0,
    })),
  };
}

function rig() {
  const state = {
    pods: [] as RuntimePod[],
    listFails: false,
    statusFails: false,
    ips: [] as string[],
    relists: 0,
  };
  const clock = new ManualClock();
  const cache = new PodStatusCache();
  const events: PodLifecycleEvent[] = [];
  const errors: string[] = [];
  const pleg = new GenericPleg({
    clock,
    cache,
    onEvent: (event) => events.push(event),
    onError: ({ message }) => errors.push(message),
    runtime: {
      getPods() {
        state.relists++;
        return state.listFails
          ? Promise.reject(new SandglassError('unavailable', 'gone'))
          : Promise.resolve(state.pods);
      },
      getPodStatus: ({ uid }) =>
        state.statusFails
          ? Promise.reject(new SandglassError('unavailable', 'no status'))
          : Promise.resolve({ ...emptyPodStatus(uid), ips: state.ips }),
    },
  });
  const seen = () =>
    events.splice(0).map(({ uid, type, containerId = '' }) => `${uid} ${type} ${containerId}`);
  return { state, clock, cache, pleg, errors, seen };
}

describe('GenericPleg', () => {
  /** After generic_test.go, TestRelisting and TestEventsForRemovedContainers. */
  it.each<[string, ContainerState | undefined, ContainerState | undefined, string[]]>([
    ['appears running', undefined, 'running', ['ContainerStarted']],
    ['appears exited', undefined, 'exited', ['ContainerDied']],
    ['appears created', undefined, 'created', []],
    ['ends', 'running', 'exited', ['ContainerDied']],
    ['vanishes while running', 'running', undefined, ['ContainerDied', 'ContainerRemoved']],
    ['is removed', 'exited', undefined, ['ContainerRemoved']],
    ['is created, then runs', 'created', 'running', ['ContainerStarted']],
    ['stays', 'running', 'running', []],
  ])('of a container that %s', async (_what, before, after, types) => {
    const { state, pleg, seen } = rig();
    state.pods = before ? [podOf('p', { c: before })] : [];
    await pleg.relist(signal);
    seen();
    state.pods = after ? [podOf('p', { c: after })] : [];
    await pleg.relist(signal);
    expect(seen()).toEqual(types.map((type) => `p ${type} c`));
    await pleg.relist(signal);
    expect(seen()).toEqual([]);
  });

  it('tells what changed once the status can be had', async () => {
    const { state, pleg, seen, cache } = rig();
    state.pods = [podOf('p', { c: 'running' })];
    state.statusFails = true;
    await pleg.relist(signal);
    expect(seen()).toEqual([]);
    await expect(cache.getNewerThan('p', 0, signal)).rejects.toThrow('no status');
    state.statusFails = false;
    await pleg.relist(signal);
    expect(seen()).toEqual(['p ContainerStarted c']);
  });

  it('keeps the addresses of a pod that has ended', async () => {
    const { state, pleg, cache } = rig();
    state.pods = [podOf('p', { c: 'running' })];
    state.ips = ['10.0.0.1'];
    await pleg.relist(signal);
    const { ips } = cache.get('p');
    expect(ips).toEqual(['10.0.0.1']);
  });

  it('relists each second, and at once when asked', async () => {
    const { state, clock, pleg } = rig();
    const stop = new AbortController();
    const running = pleg.run(stop.signal);
    await settle();
    expect(state.relists).toBe(1);
    clock.advance(999);
    await settle();
    expect(state.relists).toBe(1);
    pleg.relistSoon('p');
    await settle();
    expect(state.relists).toBe(2);
    clock.advance(1_000);
    await settle();
    expect(state.relists).toBe(3);
    stop.abort();
    await running;
  });

  it('is unhealthy three minutes after the last relist', async () => {
    const { state, clock, pleg, errors } = rig();
    expect(pleg.unhealthyBecause()).toBe('pleg has yet to be successful');
    await pleg.relist(signal);
    state.listFails = true;
    clock.advance(180_000);
    await pleg.relist(signal);
    expect(pleg.unhealthyBecause()).toBeUndefined();
    clock.advance(1_000);
    expect(pleg.unhealthyBecause()).toBe('pleg was last seen active 181s ago; threshold is 180s');
    expect(errors).toEqual(['gone']);
    state.listFails = false;
    await pleg.relist(signal);
    expect(pleg.unhealthyBecause()).toBeUndefined();
  });

  it('lets those wait who need news, and knows that a pod is not there', async () => {
    const { state, pleg, cache } = rig();
    await pleg.relist(signal);
    expect(await cache.getNewerThan('none', 0, signal)).toEqual(emptyPodStatus('none'));
    const mark = cache.askings;
    let newer = false;
    const waiting = cache.getNewerThan('p', mark, signal).then(() => (newer = true));
    await settle(3);
    expect(newer).toBe(false);
    state.pods = [podOf('p', { c: 'running' })];
    await pleg.relist(signal);
    await waiting;
    expect(newer).toBe(true);
  });
});
