import type { Tree, TreeNode } from './tree.ts';

const fileTypes: Readonly<Record<TreeNode['type'], number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  'character device': 0o020000,
};

/**
 * A tree as an initramfs: cpio's "newc" format, in the order of paths, so that the same tree is
 * always the same bytes (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
export function writeCpio(tree: Tree): Uint8Array {
  const parts: Uint8Array[] = [];
  let inode = 0;
  let length = 0;
  const push = (bytes: Uint8Array) => {
    parts.push(bytes);
    // every header with its name, and every file's contents, end on a multiple of four
    const padding = -(length + bytes.length) & 3;
    if (padding > 0) parts.push(new Uint8Array(padding));
    length += bytes.length + padding;
  };
  const member = (name: string, mode: number, mtime: number, data: Uint8Array, device = [0, 0]) => {
    const nameBytes = new TextEncoder().encode(`${name}\0`);
    const [major = 0, minor = 0] = device;
    const fields = [
      ...[name === trailer ? 0 : ++inode, mode, 0, 0, 1, mtime, data.length],
      ...[0, 0, major, minor, nameBytes.length, 0],
    ];
    const header = `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`;
    push(Buffer.concat([Buffer.from(header, 'latin1'), nameBytes]));
    if (data.length > 0) push(data);
  };
  // The kernel makes / before it reads this; the entry gives it its mode.
  member('.', fileTypes.directory | 0o755, newest(tree), new Uint8Array());
  for (const [path, node] of tree.entries()) {
    const mode = fileTypes[node.type] | node.mode;
    const device = node.type === 'character device' ? [node.major, node.minor] : undefined;
    member(path, mode, node.mtime, contents(node), device);
  }
  member(trailer, 0, 0, new Uint8Array());
  return Buffer.concat(parts);
}

const trailer = 'TRAILER!!!';

function newest(tree: Tree): number {
  return Math.max(0, ...[...tree.entries()].map(([, node]) => node.mtime));
}

function contents(node: TreeNode): Uint8Array {
  if (node.type === 'file') return node.data;
  return node.type === 'symlink' ? new TextEncoder().encode(node.target) : new Uint8Array();
}
