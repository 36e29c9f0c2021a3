import { isObject, sortedEntries } from './json.ts';

/** A value as Go's fmt prints it with %v: `[a b]`, `map[k:v]`, `<nil>`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isObject(value)) {
    return `map[${sortedEntries(value)
      .map(([key, one]) => `${key}:${goText(one)}`)
      .join(' ')}]`;
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? goNumber(value) : JSON.stringify(value);
}

/** %v of a float64 switches to an exponent at 21 digits; whole numbers here are int64. */
function goNumber(value: number): string {
  return String(value).replace(/e([-+])(\d)$/, 'e$10$2');
}
