import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { SandglassError } from '#base/errors.ts';
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
import { Tree } from './tree.ts';

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
  const programs = await readFolder(workshop.outputOf(guestPrograms));
  const enterRoot = programs.get('enter-root');
  if (!enterRoot) throw new SandglassError('not-found', 'There is no guest program enter-root.');
  programs.delete('enter-root');
  // It is PID 1 of another machine.
  programs.delete('kata-agent');
  const tree = assembleRoot({
    packages: contents,
    selections,
    overlay: await readFolder(overlay),
    programs,
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
  const initramfs = writeCpio(initramfsTree(enterRoot, unpacked));
  // The host unpacks it before a boot: the guest's kernel is slow at it.
  await writeFile(path.join(output, 'initramfs.gz'), await gzip(initramfs, { level: 9 }));
  progress.say(
    `  in memory: ${megabytes(unpacked.length)}; over 9P: ` +
      `${String(archive.files.size)} files, ${megabytes(archived)}`,
  );
}

/** What the kernel unpacks: the program that makes the root of its archive, and the console to complain on. */
function initramfsTree(enterRoot: Uint8Array, root: Uint8Array): Tree {
  const tree = new Tree();
  const mtime = 0;
  tree.set('init', { type: 'file', mode: 0o755, mtime, data: enterRoot });
  tree.set('root.cpio', { type: 'file', mode: 0o600, mtime, data: root });
  tree.set('dev/console', { type: 'character device', mode: 0o600, mtime, major: 5, minor: 1 });
  return tree;
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  if ((await readdir(folder)).length === 0) return files;
  for (const name of await listFiles(folder)) {
    files.set(name, await readFile(path.join(folder, name)));
  }
  return files;
}
