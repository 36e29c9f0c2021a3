import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { SandglassError } from '#base/errors.ts';
import { guestPrograms } from '../guest/recipe.ts';
import { fetchGroup, packageGroup } from '../packages/group.ts';
import { readPackage } from '../packages/unpack.ts';
import { megabytes } from '../recipe/progress.ts';
import type { Step, Workshop } from '../recipe/recipe.ts';
import { writeCpio } from '../rootfs/cpio.ts';
import { Tree } from '../rootfs/tree.ts';
import { sha256OfModule } from '../sources.ts';

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);

/** For the debug console. A shell that runs its own applets, so that no links to it take memory. */
const packages = packageGroup('kata', ['busybox-static']);

/** The machine's own files. Containers' are on the node, and come over 9P. */
const files: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/group': 'root:x:0:\ntty:x:5:\n',
  'etc/hosts': '127.0.0.1\tlocalhost\n',
  // CreateSandbox mounts the pod's over it.
  'etc/resolv.conf': '',
  'etc/profile': "PS1='\\u@\\h:\\w# '\n",
};

const folders: readonly (readonly [path: string, mode: number])[] = [
  ...['dev', 'proc', 'run', 'sys'].map((name) => [name, 0o755] as const),
  ['root', 0o700],
  ['tmp', 0o1777],
];

/**
 * `initramfs.gz`: all that is in the memory of a Kata pod's machine before its containers come. Its PID 1 is the
 * agent, as in Kata's own initrd images.
 */
export const kataInitramfs: Step & { readonly packages: typeof packages } = {
  name: 'kata-initramfs',
  title: "Kata pod's initramfs",
  packages,
  needs: [packages, guestPrograms],
  tools: [],
  resumable: false,
  inputs: async () => ({ recipe: await sha256OfModule(import.meta.filename) }),
  run: buildInitramfs,
};

async function buildInitramfs(workshop: Workshop): Promise<void> {
  const { output, progress } = workshop;
  const programs = workshop.outputOf(guestPrograms);
  const program = (name: string) => readFile(path.join(programs, name));
  const initramfs = writeCpio(
    machineTree({
      agent: await program('kata-agent'),
      survey: await program('survey'),
      busybox: await findBusybox(workshop),
    }),
  );
  await mkdir(output, { recursive: true });
  // The host unpacks it before a boot: the guest's kernel is slow at it.
  await writeFile(path.join(output, 'initramfs.gz'), await gzip(initramfs, { level: 9 }));
  progress.say(`  in memory: ${megabytes(initramfs.length)}`);
}

async function findBusybox(workshop: Workshop): Promise<Uint8Array> {
  for (const file of (await fetchGroup(workshop, packages)).values()) {
    for (const entry of await readPackage(workshop, file)) {
      if (entry.type === 'file' && entry.path === 'bin/busybox') return entry.data;
    }
  }
  throw new SandglassError('not-found', 'The package busybox-static has no bin/busybox.');
}

interface MachinePrograms {
  agent: Uint8Array;
  survey: Uint8Array;
  busybox: Uint8Array;
}

export function machineTree(programs: MachinePrograms): Tree {
  const tree = new Tree();
  const mtime = 0;
  const executable = (data: Uint8Array) => ({ type: 'file', mode: 0o755, mtime, data }) as const;
  const link = (target: string) => ({ type: 'symlink', mode: 0o777, mtime, target }) as const;
  for (const [name, mode] of folders) tree.set(name, { type: 'directory', mode, mtime });
  for (const [name, text] of Object.entries(files)) {
    tree.set(name, { type: 'file', mode: 0o644, mtime, data: new TextEncoder().encode(text) });
  }
  tree.set('usr/bin/kata-agent', executable(programs.agent));
  tree.set('usr/bin/survey', executable(programs.survey));
  tree.set('usr/bin/busybox', executable(programs.busybox));
  tree.set('usr/bin/sh', link('busybox'));
  tree.set('init', link('usr/bin/kata-agent'));
  // The kernel opens the console before the agent can mount anything.
  const console = { type: 'character device', mode: 0o600, mtime, major: 5, minor: 1 } as const;
  tree.set('dev/console', console);
  return tree;
}
