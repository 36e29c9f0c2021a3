import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { emptyPodStatus } from '#kubelet/container/types.ts';
import type { EventRecorder } from '#kube/events/recorder.ts';
import { advance, settle } from '#kubelet/testing/settle.ts';
import type { ContainerGc } from './container-gc.ts';
import { GarbageCollection } from './garbage-collection.ts';

let clock: ManualClock;
let stop: AbortController;
let running: Promise<void>;
let garbage: GarbageCollection;
/** When something was collected, in seconds. */
let times: number[];
let events: string[];
let errors: unknown[];
/** What comes of the collections, one after another; of all others that all went well. */
let outcomes: (() => Promise<boolean>)[];

beforeEach(() => {
  clock = new ManualClock();
  stop = new AbortController();
  [times, events, errors, outcomes] = [[], [], [], []];
  const gc = {
    collect: () => {
      times.push(clock.now() / 1000);
      return outcomes.shift()?.() ?? Promise.resolve(true);
    },
    collectPod: () => Promise.resolve(false),
  };
  garbage = new GarbageCollection({
    gc: gc as unknown as ContainerGc,
    clock,
    nodeName: 'node-1',
    recorder: {
      node: (...event: string[]) => events.push(event.join(' ')),
    } as unknown as EventRecorder,
    sourcesReady: () => true,
    onError: (error) => errors.push(error),
  });
  running = garbage.run(stop.signal);
});

afterEach(async () => {
  stop.abort();
  await running;
});

describe('garbage', () => {
  it('is collected once a minute', async () => {
    await advance(clock, 130_000);
    expect(times).toEqual([60, 120]);
  });

  it('that could not be removed is tried again after ten seconds', async () => {
    outcomes = [() => Promise.resolve(false), () => Promise.resolve(false)];
    await advance(clock, 100_000);
    expect(times).toEqual([60, 70, 80]);
    expect(events).toEqual([]);
  });

  it('of a container that has just ended, too', async () => {
    garbage.afterDeath(emptyPodStatus('uid'), 'c1');
    await settle();
    await advance(clock, 15_000);
    expect(times).toEqual([10]);
  });

  it('that could not be listed is an event of the node', async () => {
    outcomes = [() => Promise.reject(new Error('the runtime is down'))];
    await advance(clock, 75_000);
    expect(times).toEqual([60, 70]);
    expect(events).toEqual(['node-1 Warning ContainerGCFailed the runtime is down']);
    expect(errors).toHaveLength(1);
  });

  it('of a pod that goes while others are collected is not forgotten', async () => {
    const first = new Deferred<boolean>();
    outcomes = [() => first.promise];
    garbage.hurry();
    await settle();
    garbage.hurry();
    first.resolve(true);
    await settle();
    expect(times).toEqual([0, 0]);
  });
});
