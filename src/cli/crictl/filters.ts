import type { Clock } from '#base/clock.ts';
import { formatTime } from '#kube/time.ts';
import { ExitError, failure } from '#cli/command/errors.ts';

/** `key=value` words as a map (crictl, util.go, parseLabelStringSlice). */
export function parseLabels(words: readonly string[]): Record<string, string> {
  const labels = words.map((word) => {
    const [key = '', value, ...rest] = word.split('=');
    if (value === undefined || rest.length > 0) {
      throw failure(`incorrectly specified label: ${word}`);
    }
    return [key, value];
  });
  return Object.fromEntries(labels) as Record<string, string>;
}

/** Whether a pattern is found in a text; a broken one is found in none. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (pattern === '') return true;
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}

/** The newest first, no more than are asked for; 0 asks for all. */
export function newestOf<T extends { createdAt: bigint }>(
  items: readonly T[],
  { latest, last }: { latest: boolean; last: number },
): T[] {
  const sorted = [...items].sort((one, other) => Number(other.createdAt - one.createdAt));
  const count = last > 0 ? last : latest ? 1 : sorted.length;
  return sorted.slice(0, count);
}

/** Go's log.Fatalf. */
export function fatal(clock: Clock, message: string): ExitError {
  const time = formatTime(clock.wallTime()).replaceAll('-', '/').replace('T', ' ').slice(0, -1);
  return new ExitError(1, `${time} ${message}`);
}
