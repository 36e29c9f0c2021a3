import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TreeEntry } from '#ninep/file-tree.ts';
import { decodeSnapshot, replacePayload } from '#vm/snapshot-file.ts';
import { bios } from './bios.ts';
import { kernel } from './kernel/recipe.ts';
import { exists } from './recipe/cache.ts';
import { sha256, sha256OfFile, sha256OfSources } from './recipe/digest.ts';
import { megabytes } from './recipe/progress.ts';
import type { Step, Workshop } from './recipe/recipe.ts';
import { rootfs } from './rootfs/recipe.ts';

/** What the machine layer is given to boot the node and take its snapshot. */
export interface SnapshotImages {
  readonly kernel: Uint8Array;
  readonly initramfs: Uint8Array;
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array;
  readonly archive: TreeEntry;
  /** Contents of the archive's files, by digest. */
  readonly archiveFile: (sha256: string) => Promise<Uint8Array>;
}

/**
 * Boots the node from power-on, waits for the agent, has it empty its caches and zero its free
 * memory, waits until the machine is halted and idle, and saves it with the state uncompressed
 * (the format is src/vm/snapshot-file.ts's).
 */
export type TakeNodeSnapshot = (
  images: SnapshotImages,
  options: { readonly signal?: AbortSignal; readonly onProgress: (line: string) => void },
) => Promise<Uint8Array>;

const source = path.resolve(import.meta.dirname, '../src');
/** Exports `takeNodeSnapshot: TakeNodeSnapshot`. */
const machineLayer = path.join(source, 'host/take-node-snapshot.ts');
/** Folders of src/ whose code decides what the snapshot holds or how it is saved. */
const folders = ['abi', 'base', 'cluster', 'guest', 'host', 'ninep', 'vm'];

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
    const inputs: Record<string, string> = {
      recipe: sha256(await readFile(import.meta.filename)),
      emulator: await sha256OfFile(createRequire(import.meta.url).resolve('v86/build/v86.wasm')),
    };
    for (const folder of folders) {
      if (!(await exists(path.join(source, folder)))) continue;
      inputs[`src/${folder}`] = await sha256OfSources(path.join(source, folder), (name) =>
        name.endsWith('.ts'),
      );
    }
    return inputs;
  },
  run: takeSnapshot,
};

/** Whether the machine layer can take the snapshot. Without it the site boots the kernel. */
export function canTakeSnapshot(): Promise<boolean> {
  return exists(machineLayer);
}

async function takeSnapshot(workshop: Workshop): Promise<void> {
  const { output, work, outputOf, progress, toolbox, signal } = workshop;
  const read = (step: Step, name: string) => readFile(path.join(outputOf(step), name));
  const { takeNodeSnapshot } = (await import(pathToFileURL(machineLayer).href)) as {
    takeNodeSnapshot: TakeNodeSnapshot;
  };
  const plain = await takeNodeSnapshot(
    {
      kernel: await read(kernel, 'bzimage'),
      initramfs: await read(rootfs, 'initramfs'),
      bios: await read(bios, 'bios.bin'),
      vgaBios: await read(bios, 'vga-bios.bin'),
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
