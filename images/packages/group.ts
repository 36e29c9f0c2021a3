import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../recipe/digest.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';
import { Apt, type PackageRecord } from './apt.ts';
import { PackageStore, prunePackages } from './store.ts';
import { suites, suitesOf } from './suites.ts';

/** A recipe's packages: a step of its own, so that a changed list rebuilds what uses it only. */
export interface PackageGroup extends Step {
  readonly packages: readonly string[];
}

export function packageGroup(name: string, packages: readonly string[]): PackageGroup {
  return {
    name: `packages-${name}`,
    title: `Choosing package versions (${name})`,
    packages,
    needs: [suites],
    tools: [],
    resumable: false,
    // Not what else apt.ts is made of: newer versions for the wording of an error help nobody.
    inputs: async () => ({
      packages: sha256(packages.join('\n')),
      choice: sha256(await readFile(path.join(import.meta.dirname, 'apt.ts'))),
    }),
    async run(workshop) {
      const apt = await updatedApt(workshop);
      const records = await apt.resolve(packages, workshop.signal);
      await writeFile(
        path.join(workshop.output, 'packages.json'),
        `${JSON.stringify(records, undefined, 2)}\n`,
      );
    },
  };
}

export async function recordsOf(output: string): Promise<PackageRecord[]> {
  const text = await readFile(path.join(output, 'packages.json'), 'utf8');
  return JSON.parse(text) as PackageRecord[];
}

/** The packages of a group as files on the disk, downloaded if need be. */
export async function fetchGroup(
  workshop: Workshop,
  group: PackageGroup,
): Promise<ReadonlyMap<string, string>> {
  const records = await recordsOf(workshop.outputOf(group));
  const store = new PackageStore(workshop.cacheFolder, aptOf(workshop), workshop.progress);
  await store.fetch(records, workshop.signal);
  return new Map(records.map((record) => [record.name, store.fileOf(record)]));
}

/** Removes downloaded packages that no kept result of any group names. */
export async function pruneStore(cacheFolder: string): Promise<void> {
  const wanted = new Set<string>();
  for (const group of await readdir(cacheFolder)) {
    if (!group.startsWith('packages-')) continue;
    for (const key of await readdir(path.join(cacheFolder, group))) {
      const records = await recordsOf(path.join(cacheFolder, group, key, 'output')).catch(() => []);
      for (const { sha256: digest } of records) wanted.add(digest);
    }
  }
  await prunePackages(cacheFolder, wanted);
}

const apts = new WeakMap<object, Apt>();

/** One apt for all groups of a build, so that the indexes are fetched once. */
function aptOf({ cacheFolder, toolbox, progress }: Workshop): Apt {
  let apt = apts.get(toolbox);
  if (!apt) {
    apt = new Apt(cacheFolder, toolbox, progress);
    apts.set(toolbox, apt);
  }
  return apt;
}

/** The build's apt with fresh indexes, for a step that needs `suites`. */
export async function updatedApt(workshop: Workshop): Promise<Apt> {
  const apt = aptOf(workshop);
  await apt.update(await suitesOf(workshop.outputOf(suites)), workshop.signal);
  return apt;
}
