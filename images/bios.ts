import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fetchGroup, packageGroup } from './packages/group.ts';
import { fileFromPackage } from './packages/unpack.ts';
import type { Step } from './recipe/recipe.ts';
import { sha256OfModule } from './sources.ts';

const packages = packageGroup('bios', ['seabios']);

/** Output name: file in the package. v86 has a plain VGA card and boots kernels by itself. */
const images = {
  'bios.bin': 'usr/share/seabios/bios.bin',
  'vga-bios.bin': 'usr/share/seabios/vgabios-stdvga.bin',
};

/** The PC's firmware. A restored machine does without; a cold boot needs it. */
export const bios: Step & { readonly packages: typeof packages } = {
  name: 'bios',
  title: 'BIOS',
  packages,
  needs: [packages],
  tools: [],
  resumable: false,
  inputs: async () => ({ recipe: await sha256OfModule(import.meta.filename) }),
  async run(workshop) {
    const seabios = (await fetchGroup(workshop, packages)).get('seabios') ?? '';
    for (const [name, source] of Object.entries(images)) {
      const bytes = await fileFromPackage(workshop, seabios, source);
      await writeFile(path.join(workshop.output, name), bytes);
    }
  },
};
