import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import { sha256 } from '../recipe/digest.ts';
import type { Step } from '../recipe/recipe.ts';

/** A part of Debian's archive with an index of its own. */
export interface Suite {
  readonly name: string;
  /** Its line in sources.list(5). */
  readonly source: string;
}

export const release = 'bookworm';
export const securitySuite = `${release}-security`;
/** Of the package debian-archive-keyring, which no Debian is without. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * `suites.json`: where all packages of a build are chosen from. They are the suites of Debian 12 of
 * which the machine's own apt has indexes; other publishers' are none of our business. It is a step,
 * so that every choice of versions is made from the same suites and the manifest can say from which.
 */
export const suites: Step = {
  name: 'packages-suites',
  title: "Looking for Debian's suites",
  needs: [],
  tools: [],
  resumable: false,
  inputs: async () => ({ recipe: sha256(await readFile(import.meta.filename)) }),
  async run({ output, toolbox, signal }) {
    // the format is apt-get(8)'s; origin and codename are those of the suite's signed release file
    const format = '$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)|$(RELEASE)';
    const targets = await toolbox.run(
      'apt-get',
      ['indextargets', '--format', format, 'Identifier: Packages'],
      signal ? { signal } : {},
    );
    const found = parseSuites(targets.output.toString());
    await writeFile(path.join(output, 'suites.json'), JSON.stringify(found));
  },
};

export async function suitesOf(output: string): Promise<Suite[]> {
  return JSON.parse(await readFile(path.join(output, 'suites.json'), 'utf8')) as Suite[];
}

export function parseSuites(targets: string): Suite[] {
  const found = new Map<string, Suite>();
  for (const line of targets.split('\n')) {
    const [origin, codename, component, uri, name] = line.split('|');
    if (origin !== 'Debian' || !codename?.startsWith(release) || component !== 'main') continue;
    const source = `deb [signed-by=${keyring}] ${String(uri)} ${String(name)} main`;
    found.set(source, { name: codename, source });
  }
  const sorted = [...found.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
  if (sorted.some(({ name }) => name === release)) return sorted;
  throw new SandglassError(
    'failed-precondition',
    "This machine's apt has no index of Debian 12 yet. Run `apt-get update` as root, then this again.",
  );
}

/** What there is to say of a build that has no security updates, if it has none. */
export function withoutSecurity(names: readonly string[]): string | undefined {
  if (names.includes(securitySuite)) return undefined;
  return (
    `Without Debian's security updates: apt had no index of ${securitySuite} when the versions were ` +
    'chosen. Where its sources name that suite, run `apt-get update` as root, then this with --refresh.'
  );
}
