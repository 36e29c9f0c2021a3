import { sortedEntries } from '#cli/text/json.ts';

/** Labels or annotations, if there are any: a message without does not say that it has none. */
export function labelLines(title: string, labels: Readonly<Record<string, string>>): string[] {
  const entries = sortedEntries(labels);
  if (entries.length === 0) return [];
  return [`${title}:`, ...entries.map(([key, value]) => `\t${key} -> ${String(value)}`)];
}
