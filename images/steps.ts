import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { memoryClasses } from '#runtimes/kata/machines.ts';
import { bios } from './bios.ts';
import { containers } from './containers/recipe.ts';
import { guestPrograms } from './guest/recipe.ts';
import { kataInitramfs } from './kata/initramfs.ts';
import { kataKernel } from './kata/kernel.ts';
import { kataTemplates } from './kata/templates.ts';
import { kernel } from './kernel/recipe.ts';
import type { Offer, Publication } from './manifest.ts';
import type { PackageRecord } from './packages/apt.ts';
import { recordsOf } from './packages/group.ts';
import { suites, suitesOf } from './packages/suites.ts';
import type { Entry } from './recipe/cache.ts';
import type { Recipe, Step } from './recipe/recipe.ts';
import { rootfs } from './rootfs/recipe.ts';
import { nodeSnapshot } from './snapshot.ts';

/** Everything that `npm run images -- STEP` may name, in the order it is built. */
export const steps: readonly Step[] = [
  bios,
  guestPrograms,
  rootfs,
  kernel,
  kataKernel,
  kataInitramfs,
  kataTemplates,
  nodeSnapshot,
  containers,
];

const groups = [
  bios.packages,
  guestPrograms.packages,
  rootfs.packages,
  kernel.packages,
  kataInitramfs.packages,
  containers.packages,
];

/** The page's names: the step's output file, and its path on the site. */
const assets: readonly (readonly [name: string, step: Step, file: string, path: string])[] = [
  ['node-kernel', kernel, 'bzimage', 'node-kernel'],
  ['node-kernel-config', kernel, 'config', 'node-kernel.config'],
  ['node-initramfs', rootfs, 'initramfs.gz', 'node-initramfs'],
  ['node-archive', rootfs, 'archive.json', 'archive.json'],
  ['kata-kernel', kataKernel, 'bzimage', 'kata-kernel'],
  ['kata-kernel-config', kataKernel, 'config', 'kata-kernel.config'],
  ['kata-initramfs', kataInitramfs, 'initramfs.gz', 'kata-initramfs'],
  ...memoryClasses.map((size) => {
    const file = `template-${String(size)}`;
    return [`kata-${file}`, kataTemplates, file, `kata-${file}`] as const;
  }),
  ['bios', bios, 'bios.bin', 'bios.bin'],
  ['vga-bios', bios, 'vga-bios.bin', 'vga-bios.bin'],
  ['node-snapshot', nodeSnapshot, 'snapshot', 'node-snapshot'],
  ['registry-index', containers, 'index.json', 'registry/index.json'],
];

/** Builds what there is to build and says what of it belongs on the site. */
export async function buildAll(recipe: Recipe): Promise<Publication> {
  const entries = new Map<Step, Entry>();
  for (const step of steps) {
    entries.set(step, await recipe.build(step));
  }
  const offered: Offer[] = [];
  for (const [name, step, file, at] of assets) {
    const entry = entries.get(step);
    if (entry) offered.push(offer(entry, file, name, at));
  }
  const root = await recipe.build(rootfs);
  const files = root.files
    .filter((file) => file.path.startsWith('files/'))
    .map((file) => offer(root, file.path, file.path, file.path));
  const registry = await recipe.build(containers);
  const blobs = registry.files
    .filter((file) => file.path.startsWith('blobs/'))
    .map((file) => offer(registry, file.path, file.path, `registry/${file.path}`));
  const release = path.join((await recipe.build(kernel)).output, 'release');
  return {
    assets: offered,
    files: [...files, ...blobs],
    packages: await allPackages(recipe),
    suites: await suiteNames(recipe),
    kernelRelease: await readFile(release, 'utf8'),
  };
}

/** The packages whose files, or what was compiled from them, are in the images. */
export async function allPackages(recipe: Recipe): Promise<PackageRecord[]> {
  const records = new Map<string, PackageRecord>();
  for (const group of groups) {
    for (const record of await recordsOf((await recipe.build(group)).output)) {
      // A package may be in several images; chosen on different days, in several versions.
      records.set(`${record.name} ${record.version}`, record);
    }
  }
  return [...records.values()];
}

/** The parts of Debian's archive that the packages were chosen from. */
async function suiteNames(recipe: Recipe): Promise<string[]> {
  const names = (await suitesOf((await recipe.build(suites)).output)).map(({ name }) => name);
  return [...new Set(names)].sort();
}

function offer(entry: Entry, file: string, name: string, at: string): Offer {
  const found = entry.files.find((candidate) => candidate.path === file);
  if (!found) throw new Error(`a step has no output ${file}`);
  const { bytes, sha256 } = found;
  return { name, path: at, file: path.join(entry.output, file), bytes, sha256 };
}
