import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { guestPrograms } from '../guest/recipe.ts';
import { fetchGroup, packageGroup } from '../packages/group.ts';
import type { TarEntry } from '../packages/tar.ts';
import { readPackage } from '../packages/unpack.ts';
import { listFiles, sha256OfSources } from '../recipe/digest.ts';
import { megabytes } from '../recipe/progress.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';
import { sha256OfModule } from '../sources.ts';
import { splitArchive } from './archive.ts';
import { assembleRoot, matcher } from './assemble.ts';
import { writeCpio } from './cpio.ts';
import { eager, inMemoryBytes, selections } from './packages.ts';

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);

const overlay = path.join(import.meta.dirname, 'overlay');

const packages = packageGroup('rootfs', [...new Set(selections.map((s) => s.package))].sort());

/** The node's files: `initramfs.gz` in memory, `archive.json` and `files/` for what comes over 9P. */
export const rootfs: Step & { readonly packages: typeof packages } = {
  name: 'rootfs',
  title: 'Root file system',
  packages,
  needs: [packages, guestPrograms],
  tools: [],
  resumable: false,
  inputs: async () => ({
    overlay: await sha256OfSources(overlay),
    recipe: await sha256OfModule(import.meta.filename),
  }),
  run: buildRoot,
};

async function buildRoot(workshop: Workshop): Promise<void> {
  const { output, progress } = workshop;
  const contents = new Map<string, TarEntry[]>();
  for (const [name, file] of await fetchGroup(workshop, packages)) {
    progress.at(`unpacking ${name}`);
    contents.set(name, await readPackage(workshop, file));
  }
  const tree = assembleRoot({
    packages: contents,
    selections,
    overlay: await readFolder(overlay),
    programs: await readFolder(workshop.outputOf(guestPrograms)),
  });
  const inMemory = eager.map(matcher);
  const archive = splitArchive(
    tree,
    (name, node) => node.data.length > inMemoryBytes && !inMemory.some((matches) => matches(name)),
  );
  await mkdir(path.join(output, 'files'));
  let archived = 0;
  for (const [digest, data] of archive.files) {
    await writeFile(path.join(output, 'files', digest), data);
    archived += data.length;
  }
  await writeFile(path.join(output, 'archive.json'), JSON.stringify(archive.tree));
  const unpacked = writeCpio(tree);
  // The host unpacks it before a boot: the guest's kernel is slow at it.
  await writeFile(path.join(output, 'initramfs.gz'), await gzip(unpacked, { level: 9 }));
  progress.say(
    `  in memory: ${megabytes(unpacked.length)}; over 9P: ` +
      `${String(archive.files.size)} files, ${megabytes(archived)}`,
  );
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  if ((await readdir(folder)).length === 0) return files;
  for (const name of await listFiles(folder)) {
    files.set(name, await readFile(path.join(folder, name)));
  }
  return files;
}
