import type { TreeEntry } from '#ninep/file-tree.ts';
import { sha256 } from '../recipe/digest.ts';
import { parentOf, type FileNode, type Tree, type TreeNode } from './tree.ts';

/**
 * The files that are not in the node's memory. The tree is `archive.json`, in the shape that the 9P
 * server reads; a file's contents are `files/<sha256>`, plain.
 */
export interface Archive {
  readonly tree: TreeEntry;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Where init mounts the 9P device. */
export const mountPoint = 'archive';

/**
 * Moves large files of the tree into an archive. Each leaves a symlink behind, which costs a
 * program in memory nothing and shows a reader where the file is.
 */
export function splitArchive(tree: Tree, lazy: (path: string, node: FileNode) => boolean): Archive {
  const files = new Map<string, Uint8Array>();
  const newest = Math.max(0, ...[...tree.entries()].map(([, node]) => node.mtime));
  const root: TreeEntry = { type: 'directory', mode: 0o755, mtime: newest, entries: {} };
  const folders = new Map<string, Extract<TreeEntry, { type: 'directory' }>>([['', root]]);
  const folder = (path: string): Extract<TreeEntry, { type: 'directory' }> => {
    const known = folders.get(path);
    if (known) return known;
    const node = tree.get(path);
    const entry: TreeEntry = {
      type: 'directory',
      mode: node?.mode ?? 0o755,
      mtime: node?.mtime ?? 0,
      entries: {},
    };
    folders.set(path, entry);
    folder(parentOf(path)).entries[nameOf(path)] = entry;
    return entry;
  };
  for (const [path, node] of [...tree.entries()]) {
    if (node.type !== 'file' || !lazy(path, node)) continue;
    const { mode, mtime, data } = node;
    const digest = sha256(data);
    files.set(digest, data);
    folder(parentOf(path)).entries[nameOf(path)] = {
      type: 'file',
      mode,
      mtime,
      bytes: data.length,
      sha256: digest,
    };
    tree.set(path, symlinkTo(`/${mountPoint}/${path}`, mtime));
  }
  return { tree: root, files };
}

export function symlinkTo(target: string, mtime: number): TreeNode {
  return { type: 'symlink', mode: 0o777, mtime, target };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
