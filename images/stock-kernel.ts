import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SandglassError } from '#base/errors.ts';
import { updatedApt } from './packages/group.ts';
import { PackageStore } from './packages/store.ts';
import { suites } from './packages/suites.ts';
import { readPackage } from './packages/unpack.ts';
import type { Step } from './recipe/recipe.ts';
import { sha256OfModule } from './sources.ts';

/** Depends on the kernel of the day, whose name has its ABI number in it. */
const metapackage = 'linux-image-686';

/**
 * `vmlinuz`: Debian's own kernel for 32-bit PCs. Not part of the site: the benchmarks boot it in
 * v86 as it ships, to say what the node's own kernel gains.
 */
export const stockKernel: Step = {
  name: 'stock-kernel',
  title: "Debian's own kernel",
  needs: [suites],
  tools: [],
  resumable: false,
  inputs: async () => ({ recipe: await sha256OfModule(import.meta.filename) }),
  async run(workshop) {
    const { signal, cacheFolder, progress, output } = workshop;
    const apt = await updatedApt(workshop);
    const dependencies = await apt.dependencies(metapackage, signal);
    const name = dependencies.find((dependency) => dependency.startsWith('linux-image-'));
    if (!name) throw new SandglassError('not-found', `${metapackage} names no kernel.`);
    const [kernel] = await apt.resolve([name], signal);
    if (!kernel) throw new SandglassError('not-found', `There is no package ${name}.`);
    const store = new PackageStore(cacheFolder, apt, progress);
    await store.fetch([kernel], signal);
    for (const entry of await readPackage(workshop, store.fileOf(kernel))) {
      if (entry.type === 'file' && entry.path.startsWith('boot/vmlinuz-')) {
        await writeFile(path.join(output, 'vmlinuz'), entry.data);
        return;
      }
    }
    throw new SandglassError('not-found', `The package ${name} has no kernel.`);
  },
};
