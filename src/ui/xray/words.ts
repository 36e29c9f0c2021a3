import { words } from '#ui/words/words.ts';
import type { TraceEvent } from './events/trace-event.ts';

/** `21:56:07.208`, in UTC as the guest keeps it. */
export function clockTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(11, 23);
}

/** `4.2 ms`, `318 ms`, `2.4 s`, `3 min`. */
export function duration(milliseconds: number): string {
  const { took } = words.units;
  if (milliseconds < 1_000) return took.milliseconds(milliseconds);
  if (milliseconds < 60_000) return took.seconds(milliseconds / 1_000);
  if (milliseconds < 3_600_000) return took.minutes(Math.round(milliseconds / 60_000));
  return took.hours(milliseconds / 3_600_000);
}

/** What an event took; that it goes on; nothing of what takes no time. */
export function tookInWords({ end, milliseconds }: TraceEvent): string {
  if (milliseconds !== undefined) return duration(milliseconds);
  return end === undefined ? words.xrayEvent.underWay : '';
}
