/** The Web Locks API. A page that is served over plain HTTP has none, whatever the type says. */
export function webLocks(): LockManager | undefined {
  return (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
}

/**
 * In the worker: resolves when the lock is held, which it is until the worker's end. It is how a page
 * notices that a worker ended without a word (closed itself, was killed for its memory): browsers have
 * no event for it, but they take its locks away. Without locks only the ends with an error are noticed.
 */
export function holdLifeLock(name: string): Promise<void> {
  const manager = webLocks();
  if (!manager) return Promise.resolve();
  return new Promise((resolve) => {
    const held = manager.request(name, () => {
      resolve();
      return new Promise<never>(() => undefined);
    });
    // Refused where storage is blocked, as in some embedded frames: the page goes on without.
    held.catch(() => {
      resolve();
    });
  });
}

/** In the page, once the worker holds the lock: calls back at the worker's end, unless `signal` fires first. */
export function onLifeLockLost(name: string, signal: AbortSignal, callback: () => void): void {
  webLocks()
    ?.request(name, { signal }, callback)
    .catch(() => undefined);
}
