import { afterEach, describe, expect, it, vi } from 'vitest';
import { holdLifeLock, onLifeLockLost } from './life-lock.ts';

afterEach(() => vi.unstubAllGlobals());

/** Exclusive locks of one origin; `release` ends the holder as a worker's end does. */
class FakeLocks {
  readonly #queues = new Map<string, (() => unknown)[]>();

  request(name: string, ...rest: unknown[]): Promise<void> {
    const callback = rest.at(-1) as () => unknown;
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, [...queue, callback]);
    if (queue.length === 0) callback();
    return new Promise(() => undefined);
  }

  release(name: string): void {
    const [, ...waiting] = this.#queues.get(name) ?? [];
    this.#queues.set(name, waiting);
    waiting[0]?.();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('a life lock', () => {
  it('tells the page of the end of the worker that held it, and not before', async () => {
    const locks = new FakeLocks();
    vi.stubGlobal('navigator', { locks });
    await holdLifeLock('node-1');
    const lost = vi.fn();
    onLifeLockLost('node-1', new AbortController().signal, lost);
    await settled();
    expect(lost).not.toHaveBeenCalled();
    locks.release('node-1');
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['has no locks', {}],
    [
      'refuses them',
      {
        locks: {
          request: () => Promise.reject(new DOMException('Storage is blocked.', 'SecurityError')),
        },
      },
    ],
  ])('lets worker and page go on without it where the browser %s', async (_what, navigator) => {
    vi.stubGlobal('navigator', navigator);
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const lost = vi.fn();
    await holdLifeLock('node-1');
    onLifeLockLost('node-1', new AbortController().signal, lost);
    await settled();
    expect(lost).not.toHaveBeenCalled();
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
  });
});
