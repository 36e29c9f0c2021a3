import { SandglassError } from '#base/errors.ts';
import type { TarEntry } from '../packages/tar.ts';
import { symlinkTo } from './archive.ts';
import { busyboxApplets } from './busybox.ts';
import { elfNeeds } from './elf.ts';
import type { Selection } from './packages.ts';
import { Tree } from './tree.ts';

/** Our own programs, and where they are on the node. */
export const programPaths: Readonly<Record<string, string>> = {
  init: 'usr/sbin/init',
  agent: 'usr/lib/sandglass/agent',
  hostcall: 'usr/lib/sandglass/hostcall',
  pause: 'usr/lib/sandglass/pause',
  libsystemd: 'usr/lib/sandglass/libsystemd.so.0',
  // ps shows these by their names
  shim: 'usr/lib/sandglass/sandglass-shim',
  'kata-shim': 'usr/lib/sandglass/sandglass-shim-kata',
  'kata-vmm': 'usr/lib/sandglass/sandglass-vmm',
};
/** Command lines that the page runs: hostcall hands them over, under the name it was called by. */
const hostedCommands = ['kubectl', 'crictl', 'kata-runtime'];

const folders: readonly (readonly [path: string, mode: number])[] = [
  ...['archive', 'dev', 'home', 'mnt', 'opt', 'proc', 'run', 'srv', 'sys'].map(
    (path) => [path, 0o755] as const,
  ),
  ...['opt/cni', 'var/cache', 'var/lib', 'var/log'].map((path) => [path, 0o755] as const),
  ['root', 0o700],
  ['tmp', 0o1777],
  ['var/tmp', 0o1777],
];

const symlinks: Readonly<Record<string, string>> = {
  bin: 'usr/bin',
  lib: 'usr/lib',
  sbin: 'usr/sbin',
  'var/run': '/run',
  'var/lock': '/run/lock',
  'etc/mtab': '/proc/self/mounts',
  // Kubernetes' customary place for network plugins, and Debian's
  'opt/cni/bin': '/usr/lib/cni',
  // what Debian's alternatives would set
  'usr/sbin/iptables': 'iptables-nft',
  'usr/sbin/iptables-save': 'iptables-nft-save',
  'usr/sbin/iptables-restore': 'iptables-nft-restore',
  'usr/bin/pager': 'less',
  'usr/bin/editor': 'nano',
};

export interface RootParts {
  /** By package name. */
  readonly packages: ReadonlyMap<string, readonly TarEntry[]>;
  readonly selections: readonly Selection[];
  /** Configuration of our own, by path. */
  readonly overlay: ReadonlyMap<string, Uint8Array>;
  /** Compiled guest programs, by name. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
}

/** The node's root file system, whole. */
export function assembleRoot(parts: RootParts): Tree {
  const tree = new Tree();
  for (const selection of parts.selections) select(tree, parts.packages, selection);
  // Files of our own are as new as the newest package: the same packages, the same image.
  const mtime = Math.max(...[...tree.entries()].map(([, node]) => node.mtime));
  for (const [path, mode] of folders) tree.set(path, { type: 'directory', mode, mtime });
  for (const [path, target] of Object.entries(symlinks)) tree.set(path, symlinkTo(target, mtime));
  for (const [path, data] of parts.overlay) {
    tree.set(path, { type: 'file', mode: path === 'etc/shadow' ? 0o640 : 0o644, mtime, data });
  }
  for (const [name, data] of parts.programs) {
    const path = programPaths[name] ?? `usr/lib/sandglass/${name}`;
    tree.set(path, { type: 'file', mode: 0o755, mtime, data });
  }
  for (const name of hostedCommands) {
    tree.set(`usr/bin/${name}`, symlinkTo('/usr/lib/sandglass/hostcall', mtime));
  }
  const device = { type: 'character device', mtime } as const;
  // The kernel opens the console before init can mount anything.
  tree.set('dev/console', { ...device, mode: 0o600, major: 5, minor: 1 });
  tree.set('dev/null', { ...device, mode: 0o666, major: 1, minor: 3 });
  addApplets(tree, mtime);
  checkPrograms(tree);
  return tree;
}

/** Puts a package's files into the tree as far as they are selected. */
export function select(tree: Tree, packages: RootParts['packages'], selection: Selection): void {
  const whole = new Tree();
  for (const entry of packages.get(selection.package) ?? []) whole.add(entry);
  const paths = [...whole.entries()];
  for (const pattern of selection.files) {
    const matches = matcher(pattern);
    let found = false;
    for (const [path, node] of paths) {
      if (node.type === 'directory' || !matches(path)) continue;
      tree.set(path, node);
      found = true;
    }
    if (!found) {
      throw new SandglassError(
        'not-found',
        `The package ${selection.package} has no ${pattern}; correct the list of files.`,
      );
    }
  }
}

/** `*` stands for anything but a slash. */
export function matcher(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
  const expression = new RegExp(`^${source}$`);
  return (path) => expression.test(path);
}

function addApplets(tree: Tree, mtime: number): void {
  const busybox = tree.get('usr/bin/busybox');
  if (busybox?.type !== 'file') return;
  for (const applet of busyboxApplets(busybox.data)) {
    if (tree.get(`usr/bin/${applet}`) ?? tree.get(`usr/sbin/${applet}`)) continue;
    tree.set(`usr/bin/${applet}`, symlinkTo('busybox', mtime));
  }
}

/** Every program's interpreter and libraries must be in the tree, and every symlink lead somewhere. */
export function checkPrograms(tree: Tree): void {
  const missing: string[] = [];
  for (const [path, node] of tree.entries()) {
    if (node.type === 'symlink' && !/^\/(proc|run|dev|archive)/.test(node.target)) {
      if (!tree.resolve(path)) missing.push(`/${path} -> ${node.target}`);
    }
    if (node.type !== 'file') continue;
    const needs = elfNeeds(node.data);
    const wanted = (needs?.libraries ?? []).map((name) => `usr/lib/i386-linux-gnu/${name}`);
    if (needs?.interpreter !== undefined) wanted.push(needs.interpreter);
    for (const file of wanted) {
      if (!tree.resolve(file)) missing.push(`/${path} needs ${file}`);
    }
  }
  if (missing.length === 0) return;
  throw new SandglassError(
    'not-found',
    `The root file system is incomplete: ${missing.join('; ')}. Correct the lists of files.`,
  );
}
