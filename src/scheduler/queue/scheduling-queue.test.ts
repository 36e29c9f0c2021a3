import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import type { Pod } from '#kube/types.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

function pod(name: string, priority = 0, creationTimestamp = '2026-01-01T00:00:00Z'): Pod {
  return {
    metadata: { name, uid: name, creationTimestamp },
    spec: { containers: [], priority },
  };
}

const never = new AbortController().signal;

function start() {
  const clock = new ManualClock();
  const queue = new SchedulingQueue(clock);
  const next = async () => (await queue.next(never)).metadata?.name;
  /** The name of the next pod if there is one now. */
  const peek = async () => {
    const abort = new AbortController();
    const found = queue.next(abort.signal).then(
      ({ metadata }) => metadata?.name,
      () => undefined,
    );
    abort.abort();
    return found;
  };
  return { clock, queue, next, peek };
}

describe('SchedulingQueue', () => {
  it('gives by priority, then by age', async () => {
    const { queue, next } = start();
    queue.add(pod('young', 0, '2026-01-01T00:00:09Z'));
    queue.add(pod('old', 0, '2026-01-01T00:00:01Z'));
    queue.add(pod('important', 5, '2026-01-01T00:00:10Z'));
    expect([await next(), await next(), await next()]).toEqual(['important', 'old', 'young']);
  });

  it('wakes who waits', async () => {
    const { queue, next } = start();
    const waiting = next();
    queue.add(pod('a'));
    expect(await waiting).toBe('a');
  });

  it.each([
    [1, 1_000],
    [2, 2_000],
    [4, 8_000],
    [5, 10_000],
    [9, 10_000],
  ])('holds a pod that failed %i times back for %i ms of changes', async (attempts, backoff) => {
    const { clock, queue, next, peek } = start();
    queue.add(pod('a'));
    for (let at = 1; at <= attempts; at++) {
      await next();
      queue.fail(pod('a'));
      if (at === attempts) break;
      clock.advance(10_000);
      queue.retryAll();
    }
    queue.retryAll();
    clock.advance(backoff - 1);
    expect(await peek()).toBeUndefined();
    clock.advance(1);
    expect(await next()).toBe('a');
  });

  it('tries again after five minutes in which nothing changed', async () => {
    const { clock, queue, next, peek } = start();
    queue.add(pod('a'));
    await next();
    queue.fail(pod('a'));
    clock.advance(299_999);
    expect(await peek()).toBeUndefined();
    clock.advance(1);
    expect(await next()).toBe('a');
  });

  it('minds what changed while the pod was being tried', async () => {
    const { clock, queue, next } = start();
    queue.add(pod('a'));
    await next();
    queue.retryAll();
    queue.fail(pod('a'));
    clock.advance(1_000);
    expect(await next()).toBe('a');
  });

  it('forgets a pod that is gone, wherever it is', async () => {
    const { clock, queue, next, peek } = start();
    queue.add(pod('a'));
    await next();
    queue.remove(pod('a'));
    queue.fail(pod('a'));
    queue.retryAll();
    clock.advance(600_000);
    expect(await peek()).toBeUndefined();
  });
});
