import type { Clock } from '#base/clock.ts';
import type { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';

/** Where a watch's events come from, and what is told at the end. */
export interface WatchSource {
  /** The lines that are due now; may be none. */
  take: () => string[];
  /** Resolves when there may be something to take. */
  wait: (signal: AbortSignal) => Promise<void>;
  /** The last line of a watch that cannot go on. */
  failureLine: (thrown: unknown) => string;
  /** A line that tells how far the watch has come, for those who asked for it. */
  bookmark: (() => string) | undefined;
  close: () => void;
}

export interface WatchLimits {
  clock: Clock;
  /** Until the server ends the watch. */
  milliseconds: number;
  /** Either ends the watch as well. */
  signal: AbortSignal;
  closing: Emitter<undefined>;
}

/** upstream: apiserver/pkg/storage/cacher/cacher.go, defaultBookmarkFrequency and cache_watcher.go, nextBookmarkTime */
const bookmarkMilliseconds = 60_000;
const lastBookmarkMilliseconds = 2_000;

/** A body of one JSON value a line, produced as it is read, so that a slow reader holds nothing up. */
export function watchStream(
  source: WatchSource,
  limits: WatchLimits,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { clock } = limits;
  const ending = new AbortController();
  const ends = clock.now() + limits.milliseconds;
  const timers = new Set<() => void>();
  const due: string[] = [];
  const encoder = new TextEncoder();
  let nudge: (() => void) | undefined;

  const schedule = (milliseconds: number, callback: () => void) => {
    const cancel = clock.schedule(milliseconds, () => {
      timers.delete(cancel);
      callback();
    });
    timers.add(cancel);
  };
  const end = () => {
    if (ending.signal.aborted) return;
    ending.abort(new SandglassError('cancelled', 'The watch has ended.'));
    for (const cancel of timers) cancel();
    timers.clear();
    limits.signal.removeEventListener('abort', end);
    stopListening();
    source.close();
  };
  const scheduleBookmark = (bookmark: () => string) => {
    const left = ends - clock.now();
    const wait = Math.min(bookmarkMilliseconds, left - lastBookmarkMilliseconds);
    if (wait <= 0) return;
    schedule(wait, () => {
      due.push(bookmark());
      nudge?.();
      scheduleBookmark(bookmark);
    });
  };

  schedule(limits.milliseconds, end);
  if (source.bookmark) scheduleBookmark(source.bookmark);
  const stopListening = limits.closing.listen(end);
  limits.signal.addEventListener('abort', end, { once: true });
  if (limits.signal.aborted) end();

  const nextLines = async (): Promise<string[]> => {
    for (;;) {
      const lines = [...source.take(), ...due.splice(0)];
      if (lines.length > 0 || ending.signal.aborted) return lines;
      const nudged = new Promise<void>((resolve) => (nudge = resolve));
      const waiting = new AbortController();
      const stop = () => waiting.abort();
      ending.signal.addEventListener('abort', stop, { once: true });
      await Promise.race([source.wait(waiting.signal).catch(() => undefined), nudged]);
      ending.signal.removeEventListener('abort', stop);
      waiting.abort();
    }
  };

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const lines = await nextLines();
          if (lines.length > 0) controller.enqueue(encoder.encode(lines.join('')));
          else controller.close();
        } catch (thrown) {
          end();
          controller.enqueue(encoder.encode(source.failureLine(thrown)));
          controller.close();
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
