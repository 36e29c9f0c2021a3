import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { FetchHandler } from '#kube/streaming/upgrade.ts';
import { failure } from '#cli/command/errors.ts';
import { parseDuration } from '#kube/go-duration.ts';

/** Milliseconds of `--request-timeout`; 0 is for ever (client-go, tools/clientcmd/helpers.go, ParseTimeout). */
export function parseRequestTimeout(text: string): number {
  if (/^[-+]?\d+$/.test(text)) return Number(text) * 1000;
  try {
    return parseDuration(text);
  } catch {
    throw failure(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  }
}

export interface TimedFetch {
  fetch: FetchHandler;
  /** Frees the timers of requests that are over. */
  close: () => void;
}

/** A fetch whose requests end with the time; an answer that goes on, such as a watch, then simply ends. */
export function timedFetch(fetch: FetchHandler, clock: Clock, milliseconds: number): TimedFetch {
  const timers = new Set<() => void>();
  const close = () => {
    for (const cancel of timers) cancel();
    timers.clear();
  };
  if (milliseconds <= 0) return { fetch, close };
  const timed: FetchHandler = (request) => {
    const over = new AbortController();
    const why = new SandglassError(
      'unavailable',
      'net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
    );
    timers.add(clock.schedule(milliseconds, () => over.abort(why)));
    const signal = AbortSignal.any([request.signal, over.signal]);
    return fetch(new Request(request, { signal }));
  };
  return { fetch: timed, close };
}
