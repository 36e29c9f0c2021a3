import { DirentType, FileType, type Qid, QidType } from '#abi/ninep.ts';

interface NodeBase {
  /** Permission bits, such as 0o755. */
  mode: number;
  /** Seconds since 1970. */
  mtime: number;
}

/** What a read-only tree is described by, as JSON. Names are single path components. */
export type TreeEntry =
  | (NodeBase & { type: 'directory'; entries: Record<string, TreeEntry> })
  | (NodeBase & { type: 'file'; bytes: number; sha256: string })
  | (NodeBase & { type: 'symlink'; target: string });

export interface TreeNode {
  name: string;
  path: string;
  entry: TreeEntry;
  qid: Qid;
  parent: TreeNode;
  /** In the order that readdir gives them. */
  children: Map<string, TreeNode>;
}

/** Numbers every node of the tree, depth first in the JSON's order, so that the same tree always gets the same qids. */
export function indexTree(root: TreeEntry): TreeNode {
  let inode = 0;
  const add = (name: string, path: string, entry: TreeEntry, parent?: TreeNode): TreeNode => {
    inode += 1;
    const node = {
      name,
      path,
      entry,
      qid: { type: QidType[entry.type], version: 0, path: inode },
      children: new Map<string, TreeNode>(),
    } as TreeNode;
    node.parent = parent ?? node;
    if (entry.type === 'directory') {
      for (const [childName, child] of Object.entries(entry.entries)) {
        const childPath = path === '/' ? `/${childName}` : `${path}/${childName}`;
        node.children.set(childName, add(childName, childPath, child, node));
      }
    }
    return node;
  };
  return add('', '/', root);
}

/** st_mode of a node. */
export function modeOf({ entry }: TreeNode): number {
  const type = entry.type === 'file' ? FileType.regular : FileType[entry.type];
  return type | entry.mode;
}

/** st_size of a node. */
export function sizeOf({ entry }: TreeNode): number {
  if (entry.type === 'file') return entry.bytes;
  return entry.type === 'symlink' ? new TextEncoder().encode(entry.target).length : 0;
}

export function direntTypeOf({ entry }: TreeNode): number {
  return entry.type === 'file' ? DirentType.regular : DirentType[entry.type];
}
