import type { Clock } from '#base/clock.ts';
import type { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';

/** An event as it is sent. */
export type WatchFrame = Uint8Array<ArrayBuffer>;

/** Where a watch's events come from, and what is told at the end. */
export interface WatchSource {
  /** What is due now, an event each; may be none. */
  take: () => WatchFrame[];
  /** Resolves when there may be something to take. */
  wait: (signal: AbortSignal) => Promise<void>;
  /** The last event of a watch that cannot go on. */
  failure: (thrown: unknown) => WatchFrame;
  /** An event that tells how far the watch has come, for those who asked for it. */
  bookmark: (() => WatchFrame) | undefined;
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

/** A body of one event after the other, produced as it is read, so that a slow reader holds nothing up. */
export function watchStream(
  source: WatchSource,
  limits: WatchLimits,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { clock } = limits;
  const ending = new AbortController();
  const ends = clock.now() + limits.milliseconds;
  const timers = new Set<() => void>();
  const due: WatchFrame[] = [];
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
  const scheduleBookmark = (bookmark: () => WatchFrame) => {
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

  const nextFrames = async (): Promise<WatchFrame[]> => {
    for (;;) {
      const frames = [...source.take(), ...due.splice(0)];
      if (frames.length > 0 || ending.signal.aborted) return frames;
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
          const frames = await nextFrames();
          if (frames.length > 0) controller.enqueue(joined(frames));
          else controller.close();
        } catch (thrown) {
          end();
          controller.enqueue(source.failure(thrown));
          controller.close();
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

function joined(frames: readonly WatchFrame[]): WatchFrame {
  const [only] = frames;
  if (only && frames.length === 1) return only;
  const all = new Uint8Array(frames.reduce((length, frame) => length + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    all.set(frame, at);
    at += frame.length;
  }
  return all;
}
