import { humanDuration } from '#kube/human-duration.ts';
import { formatTime, parseTime } from '#kube/time.ts';

const weekdays = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const dayMilliseconds = 86_400_000;

/** As Go's RFC1123Z, in UTC: `Thu, 01 Jan 2026 00:00:00 +0000`; an absent time is Go's zero. */
export function longTime(timestamp: string | null | undefined): string {
  const time = timestamp ? parseTime(timestamp) : undefined;
  if (time === undefined) return 'Mon, 01 Jan 0001 00:00:00 +0000';
  const [, year = '', month = '', day = '', clock = ''] =
    /^(\d+)-(\d\d)-(\d\d)T(.*)Z$/.exec(formatTime(time)) ?? [];
  // 1 January 1970 was a Thursday.
  const weekday = weekdays[((Math.floor(time / dayMilliseconds) % 7) + 7) % 7] ?? '';
  return `${weekday}, ${day} ${months[Number(month) - 1] ?? ''} ${year} ${clock} +0000`;
}

/** How long ago it was. */
export function since(timestamp: string | null | undefined, now: number): string {
  const time = timestamp ? parseTime(timestamp) : undefined;
  return time === undefined ? '<unknown>' : humanDuration(now - time);
}
