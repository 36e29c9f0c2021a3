import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a text such as `1h15m30.5s` (Go's time.ParseDuration). */
export function parseDuration(text: string): number {
  const [, sign = '', body = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (body === '0') return 0;
  if (body === '') throw wrong(`time: invalid duration ${quote(text)}`);
  let total = 0;
  let rest = body;
  while (rest !== '') {
    const [whole = '', number = '', unit = ''] = /^(\d+\.?\d*|\.\d+)([^.\d]*)/.exec(rest) ?? [];
    if (whole === '') throw wrong(`time: invalid duration ${quote(text)}`);
    if (unit === '') throw wrong(`time: missing unit in duration ${quote(text)}`);
    const factor = units[unit];
    if (factor === undefined) {
      throw wrong(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    }
    total += Number(number) * factor;
    rest = rest.slice(whole.length);
  }
  return sign === '-' ? -total : total;
}

/** As Go's Duration prints itself: `1m30s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds < 1000) {
    return milliseconds < 1
      ? milliseconds < 0.001
        ? `${trim(milliseconds * 1e6)}ns`
        : `${trim(milliseconds * 1000)}µs`
      : `${trim(milliseconds)}ms`;
  }
  const seconds = milliseconds / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = trim(seconds - hours * 3600 - minutes * 60);
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(9)));
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}
