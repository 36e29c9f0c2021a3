import { SandglassError } from '#base/errors.ts';

/** Keys and their values, which may be binary. */
export type PaxRecords = ReadonlyMap<string, Uint8Array>;

/** Reads `LENGTH KEY=VALUE\n` one after another (pax(1), pax Extended Header). */
export function parsePax(bytes: Uint8Array): PaxRecords {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? NaN : Number(new TextDecoder().decode(bytes.subarray(at, space)));
    const equals = bytes.indexOf(0x3d, space);
    const end = at + length - 1;
    if (!(length > 0) || equals < 0 || equals > end || bytes[end] !== 0x0a) {
      throw new SandglassError('unknown', 'archive/tar: invalid tar header');
    }
    const key = new TextDecoder().decode(bytes.subarray(space + 1, equals));
    records.set(key, bytes.slice(equals + 1, end));
    at += length;
  }
  return records;
}

export function formatPax(records: PaxRecords): Uint8Array {
  const parts: number[] = [];
  for (const [key, value] of records) {
    const start = [...new TextEncoder().encode(` ${key}=`)];
    const rest = start.length + value.length + 1;
    // The length counts its own digits.
    let length = rest + String(rest).length;
    if (String(length).length !== String(rest).length) length = rest + String(length).length;
    parts.push(...new TextEncoder().encode(String(length)), ...start, ...value, 0x0a);
  }
  return new Uint8Array(parts);
}

/** Seconds with a fraction, such as 1717171717.123456789. */
export function paxTime(text: string): { seconds: number; nanoseconds: number } {
  const [whole = '0', fraction = ''] = text.split('.');
  const nanoseconds = Number(fraction.padEnd(9, '0').slice(0, 9));
  const seconds = Number(whole);
  if (whole.startsWith('-') && nanoseconds > 0) {
    return { seconds: seconds - 1, nanoseconds: 1e9 - nanoseconds };
  }
  return { seconds, nanoseconds };
}
