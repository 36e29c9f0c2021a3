/** A cluster that is saved in the browser, without its content. */
export interface SavedCluster {
  id: string;
  /** One line, of at most `longestName` characters. */
  name: string;
  /** Milliseconds since 1970. */
  savedAt: number;
  pods: number;
  bytes: number;
  /** Of what can open it, as `NodeApi.build` gives it. */
  build: string;
}

/** What is left of one of which the browser has lost a part: it can only be deleted. */
export interface DamagedCluster {
  id: string;
  name: string | undefined;
  isDamaged: true;
}

export type SavedEntry = SavedCluster | DamagedCluster;

/** Characters. */
export const longestName = 80;

export function isDamaged(entry: SavedEntry): entry is DamagedCluster {
  return 'isDamaged' in entry;
}

/** One line without control characters, and no more of it than `longestName`; empty if there is nothing else in it. */
export function cleanName(name: string): string {
  const line = name.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  // By code points: half a surrogate pair is no character.
  return Array.from(line).slice(0, longestName).join('').trim();
}

/**
 * What a browser has, the latest first and what is damaged last: facts of any shape, for the browser's store may have
 * been touched by anything, and the ids of the contents.
 */
export function readEntries(
  facts: readonly unknown[],
  contentIds: readonly IDBValidKey[],
): SavedEntry[] {
  const withContent = new Set(contentIds.map(String));
  const entries = facts.map((one) => readEntry(one, withContent));
  const withFacts = new Set(entries.map(({ id }) => id));
  const clusters = entries.filter((entry): entry is SavedCluster => !isDamaged(entry));
  const damaged = entries.filter(isDamaged);
  const strays = [...withContent].filter((id) => !withFacts.has(id));
  return [
    ...clusters.sort((one, other) => other.savedAt - one.savedAt),
    ...damaged,
    ...strays.map((id): DamagedCluster => ({ id, name: undefined, isDamaged: true })),
  ];
}

function readEntry(facts: unknown, withContent: ReadonlySet<string>): SavedEntry {
  const { id, name, savedAt, pods, bytes, build } = facts as Record<string, unknown>;
  const key = String(id);
  const shown = typeof name === 'string' ? cleanName(name) : '';
  const whole =
    withContent.has(key) &&
    shown !== '' &&
    isCount(savedAt) &&
    isCount(pods) &&
    isCount(bytes) &&
    typeof build === 'string';
  return whole
    ? { id: key, name: shown, savedAt, pods, bytes, build }
    : { id: key, name: shown || undefined, isDamaged: true };
}

/** Also of milliseconds: those of a date can be no others. */
function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= latestDate;
}

/** https://tc39.es/ecma262/#sec-time-values-and-time-range */
const latestDate = 8.64e15;
