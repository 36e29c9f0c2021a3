import { quote } from '#kube/go-text.ts';
import { parseTime } from '#kube/time.ts';
import { failure } from '#cli/command/errors.ts';
import { parseDuration } from '#kube/go-duration.ts';

/** Milliseconds since 1970 of how long ago, a time, or seconds since 1970 (docker, api/types/time/timestamp.go). */
export function parseSince(text: string, now: number): number | undefined {
  if (text === '') return undefined;
  const ago = text === '0' ? undefined : durationOf(text);
  if (ago !== undefined) return Math.floor((now - ago) / 1000) * 1000;
  const time = parseTime(completed(text));
  if (time !== undefined) return time;
  if (/^[-+]?\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  throw failure(`failed to parse value as time or duration: ${quote(text)}`);
}

function durationOf(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

/** What may be left out at the end of a time: its zone, seconds, minutes, all of the day. */
function completed(text: string): string {
  const [, date = '', time = '', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:T([\d:.]*))?(Z|z|[-+]\d\d:\d\d)?$/.exec(text) ?? [];
  if (date === '') return text;
  const [hour = '00', minute = '00', second = '00'] = time === '' ? [] : time.split(':');
  return `${date}T${hour}:${minute}:${second}${zone === '' ? 'Z' : zone}`;
}
