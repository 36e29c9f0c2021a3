import type { Clock } from '#base/clock.ts';
import { formatMicroTime } from '#kube/time.ts';

/** A line as klog writes it: `W1125 03:32:29.123456       1 helpers.go:742] text`. */
export function klogLine(
  clock: Clock,
  level: 'I' | 'W' | 'E',
  place: string,
  text: string,
): string {
  const [, month = '', day = '', time = ''] =
    /^\d+-(\d+)-(\d+)T(.*)Z$/.exec(formatMicroTime(clock.wallTime())) ?? [];
  return `${level}${month}${day} ${time}       1 ${place}] ${text}\n`;
}
