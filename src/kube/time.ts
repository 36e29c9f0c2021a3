import type { Clock } from '#base/clock.ts';

interface CivilTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const dayMilliseconds = 86_400_000;

/** RFC 3339 in UTC to the second, as metav1.Time is written: `2026-07-23T07:07:48Z`. */
export function formatTime(milliseconds: number): string {
  return `${dateAndTime(milliseconds)}Z`;
}

/** RFC 3339 with six decimals, as metav1.MicroTime is written. `milliseconds` may have a fraction. */
export function formatMicroTime(milliseconds: number): string {
  return `${dateAndTime(milliseconds)}.${fraction(milliseconds, 6)}Z`;
}

/** RFC 3339 with nine decimals, as log lines of the CRI begin (Go's RFC3339NanoLenient writes all nine). */
export function formatNanoTime(milliseconds: number): string {
  return `${dateAndTime(milliseconds)}.${fraction(milliseconds, 9)}Z`;
}

export function timeNow(clock: Clock): string {
  return formatTime(clock.wallTime());
}

export function microTimeNow(clock: Clock): string {
  return formatMicroTime(clock.wallTime());
}

const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Milliseconds since 1970, or `undefined` for what is not RFC 3339. */
export function parseTime(text: string): number | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  if (!isDate || hour > 23 || minute > 59 || second > 59) return undefined;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000;
  const decimals = Number(match[7] ?? 0) * 1000;
  const ofDay = ((hour * 60 + minute) * 60 + second) * 1000;
  return daysFromCivil(year, month, day) * dayMilliseconds + ofDay + decimals - offset;
}

/** Of an object's timestamp; an absent or broken one counts as 1970. */
export function timeOf(text: string | null | undefined): number {
  return typeof text === 'string' ? (parseTime(text) ?? 0) : 0;
}

function dateAndTime(milliseconds: number): string {
  const { year, month, day, hour, minute, second } = civilTime(milliseconds);
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return `${date}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}`;
}

function fraction(milliseconds: number, digits: number): string {
  const ofSecond = milliseconds - Math.floor(milliseconds / 1000) * 1000;
  // A double holds today's milliseconds to about a quarter of a microsecond.
  return pad(Math.min(999_999, Math.round(ofSecond * 1000)), 6).padEnd(digits, '0');
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function civilTime(milliseconds: number): CivilTime {
  const days = Math.floor(milliseconds / dayMilliseconds);
  const seconds = Math.floor((milliseconds - days * dayMilliseconds) / 1000);
  return {
    ...civilFromDays(days),
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  };
}

function daysOfMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

// Days of the Gregorian calendar, counted in eras of 400 years that begin on 1 March:
// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
const daysOfEra = 146_097;
const epochFromEra = 719_468;

function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysOfEra + dayOfEra - epochFromEra;
}

function civilFromDays(days: number): Pick<CivilTime, 'year' | 'month' | 'day'> {
  const shifted = days + epochFromEra;
  const era = Math.floor(shifted / daysOfEra);
  const dayOfEra = shifted - era * daysOfEra;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}
