import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TreeEntry } from '#ninep/file-tree.ts';
import { bios } from './bios.ts';
import { kernel } from './kernel/recipe.ts';
import { emulatorInputs, packSnapshot } from './pack-snapshot.ts';
import { sha256 } from './recipe/digest.ts';
import type { Step, Workshop } from './recipe/recipe.ts';
import { rootfs } from './rootfs/recipe.ts';
import { sha256OfModule } from './sources.ts';

const machineLayer = path.resolve(import.meta.dirname, '../src/host/take-node-snapshot.ts');

/** `snapshot`: the node as it is a moment after it has come up. */
export const nodeSnapshot: Step = {
  name: 'snapshot',
  title: 'Node snapshot',
  needs: [kernel, bios, rootfs],
  tools: ['zstd'],
  resumable: false,
  async inputs() {
    return {
      recipe: sha256(await readFile(import.meta.filename)),
      ...(await emulatorInputs()),
      machineLayer: await sha256OfModule(machineLayer),
    };
  },
  run: takeSnapshot,
};

async function takeSnapshot(workshop: Workshop): Promise<void> {
  const { outputOf, progress, signal } = workshop;
  const read = (step: Step, name: string) => readFile(path.join(outputOf(step), name));
  // Only here: a build with nothing to do need not load the emulator.
  const { takeNodeSnapshot } = await import('#host/take-node-snapshot.ts');
  const plain = await takeNodeSnapshot(
    {
      kernel: await read(kernel, 'bzimage'),
      initramfs: gunzipSync(await read(rootfs, 'initramfs.gz')),
      firmware: {
        bios: await read(bios, 'bios.bin'),
        vgaBios: await read(bios, 'vga-bios.bin'),
      },
      archive: JSON.parse((await read(rootfs, 'archive.json')).toString()) as TreeEntry,
      archiveFile: (digest) => read(rootfs, `files/${digest}`),
    },
    {
      onProgress: (line) => {
        progress.at(line);
      },
      ...(signal && { signal }),
    },
  );
  await packSnapshot(workshop, plain, 'snapshot');
}
