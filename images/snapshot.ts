import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TreeEntry } from '#ninep/file-tree.ts';
import { decodeSnapshot, replacePayload } from '#vm/snapshot-file.ts';
import { bios } from './bios.ts';
import { kernel } from './kernel/recipe.ts';
import { sha256, sha256OfFile } from './recipe/digest.ts';
import { megabytes } from './recipe/progress.ts';
import type { Step, Workshop } from './recipe/recipe.ts';
import { rootfs } from './rootfs/recipe.ts';
import { sha256OfModule } from './sources.ts';

const machineLayer = path.resolve(import.meta.dirname, '../src/host/take-node-snapshot.ts');
/** zstd's highest level whose window (8 MiB) v86's decoder takes. */
const level = '-19';

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
      emulator: await sha256OfFile(createRequire(import.meta.url).resolve('v86/build/v86.wasm')),
      emulatorCode: await sha256OfFile(createRequire(import.meta.url).resolve('v86')),
      machineLayer: await sha256OfModule(machineLayer),
    };
  },
  run: takeSnapshot,
};

async function takeSnapshot(workshop: Workshop): Promise<void> {
  const { output, work, outputOf, progress, toolbox, signal } = workshop;
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
  const { payload } = await decodeSnapshot(plain);
  const state = path.join(work, 'state');
  await writeFile(state, payload);
  progress.at('compressing the snapshot');
  await toolbox.run(
    'zstd',
    ['-q', '-f', level, '--no-check', state, '-o', `${state}.zst`],
    signal ? { signal } : {},
  );
  const packed = await replacePayload(plain, await readFile(`${state}.zst`));
  await writeFile(path.join(output, 'snapshot'), packed);
  progress.say(`  ${megabytes(payload.length)}, compressed ${megabytes(packed.length)}`);
}
