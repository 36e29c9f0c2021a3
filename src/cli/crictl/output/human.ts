import { formatTime } from '#kube/time.ts';

/** How long something lasts, roughly (docker/go-units, duration.go, HumanDuration). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(milliseconds / 60_000);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(milliseconds / 3_600_000 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(milliseconds / 3_600_000 / 24 / 365)} years`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];

/** A size in powers of 1000 (docker/go-units, size.go, HumanSizeWithPrecision). */
export function humanSize(bytes: number, precision = 4): string {
  let size = bytes;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${significant(size, precision)}${units[unit] ?? ''}`;
}

/** Go's `%.*g`. */
function significant(value: number, precision: number): string {
  if (value === 0) return '0';
  const [mantissa = '', exponent = ''] = value.toExponential(precision - 1).split('e');
  const power = Number(exponent);
  const trim = (digits: string) => (digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits);
  if (power < -4 || power >= precision) {
    const digits = String(Math.abs(power)).padStart(2, '0');
    return `${trim(mantissa)}e${power < 0 ? '-' : '+'}${digits}`;
  }
  return trim(value.toPrecision(precision));
}

const million = 1_000_000n;

/** What is left of nanoseconds since 1970, with the milliseconds' remainder as nine decimals. */
function split(nanoseconds: bigint): { seconds: string; decimals: string } {
  const billion = million * 1000n;
  const rest = ((nanoseconds % billion) + billion) % billion;
  const seconds = Number((nanoseconds - rest) / billion);
  return {
    seconds: formatTime(seconds * 1000).slice(0, -1),
    decimals: String(rest).padStart(9, '0').replace(/0+$/, ''),
  };
}

/** Go's RFC3339Nano in UTC, which leaves out zeros at the end. */
export function rfc3339Nano(nanoseconds: bigint): string {
  const { seconds, decimals } = split(nanoseconds);
  return `${seconds}${decimals === '' ? '' : `.${decimals}`}Z`;
}

/** Go's zero time. */
export const zeroTime = '0001-01-01T00:00:00Z';

/** A time of Go's as `%v` prints it: `2026-11-30 05:54:23.5 +0000 UTC`. */
export function goTime(nanoseconds: bigint): string {
  const { seconds, decimals } = split(nanoseconds);
  return `${seconds.replace('T', ' ')}${decimals === '' ? '' : `.${decimals}`} +0000 UTC`;
}

/** How long ago it was. */
export function ago(nanoseconds: bigint, now: number): string {
  return `${humanDuration(now - Number(nanoseconds / million))} ago`;
}
