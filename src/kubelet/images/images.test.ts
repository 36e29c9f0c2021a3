import { describe, expect, it } from 'vitest';
import { settle } from '#kubelet/testing/settle.ts';
import { applyDefaultImageTag } from './image-name.ts';
import { PullLimit } from './pull-limit.ts';

describe('applyDefaultImageTag', () => {
  const digest = `sha256:${'a'.repeat(64)}`;

  it.each([
    ['busybox', 'busybox:latest'],
    ['busybox:1.36', 'busybox:1.36'],
    ['docker.io/library/nginx', 'docker.io/library/nginx:latest'],
    ['localhost:5000/my_app', 'localhost:5000/my_app:latest'],
    [`busybox@${digest}`, `busybox@${digest}`],
    [`busybox:1@${digest}`, `busybox:1@${digest}`],
    ['', undefined],
    ['Busybox', undefined],
    ['busybox:', undefined],
    ['busybox/', undefined],
    ['busy box', undefined],
    ['a'.repeat(64), undefined],
  ])('%j is %j', (image, expected) => {
    expect(applyDefaultImageTag(image)).toBe(expected);
  });
});

describe('PullLimit', () => {
  const signal = new AbortController().signal;

  function rig(limit: PullLimit) {
    const started: string[] = [];
    const releases = new Map<string, () => void>();
    const pull = (name: string, until = signal) =>
      limit.run(() => {
        started.push(name);
        return new Promise<void>((resolve) => releases.set(name, resolve));
      }, until);
    return { started, releases, pull };
  }

  it('pulls one after another', async () => {
    const { started, releases, pull } = rig(new PullLimit({ serialize: true }));
    const pulls = [pull('a'), pull('b')];
    await settle(3);
    expect(started).toEqual(['a']);
    releases.get('a')?.();
    await settle(3);
    expect(started).toEqual(['a', 'b']);
    releases.get('b')?.();
    await Promise.all(pulls);
  });

  it('pulls as many at a time as it may', async () => {
    const { started, releases, pull } = rig(new PullLimit({ serialize: false, maxParallel: 2 }));
    const pulls = ['a', 'b', 'c'].map((name) => pull(name));
    await settle(3);
    expect(started).toEqual(['a', 'b']);
    for (const name of ['a', 'b', 'c']) {
      releases.get(name)?.();
      await settle(3);
    }
    await Promise.all(pulls);
  });

  it('does not wait for who has gone', async () => {
    const { started, releases, pull } = rig(new PullLimit({ serialize: true }));
    const gone = new AbortController();
    const first = pull('a');
    const second = pull('b', gone.signal);
    const third = pull('c');
    gone.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    releases.get('a')?.();
    await settle(3);
    expect(started).toEqual(['a', 'c']);
    releases.get('c')?.();
    await Promise.all([first, third]);
  });
});
