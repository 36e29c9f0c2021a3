import { SandglassError } from '#base/errors.ts';
import type { TreeEntry } from '#ninep/file-tree.ts';
import type { StartSource } from '#rpc/contracts.ts';
import type { BootImages } from '#vm/kernel-image.ts';
import type { FetchProgress, GuestAssets } from './guest-assets.ts';

export type NodeImages = { archive: TreeEntry } & (
  { source: 'snapshot'; snapshot: Uint8Array } | { source: 'cold-boot'; boot: BootImages }
);

export interface LoadingProgress extends FetchProgress {
  /** In the reader's words. */
  asset: string;
}

/** Fetches what a start needs: the snapshot, or the kernel and its initramfs; and the archive's index. */
export async function loadNodeImages(
  assets: GuestAssets,
  source: StartSource,
  signal: AbortSignal,
  onProgress: (progress: LoadingProgress) => void,
): Promise<NodeImages> {
  // Small files come beside the large one, without a line of their own.
  const silently = (name: string) => assets.asset(name, () => undefined, signal);
  const shown = (name: string, words: string) =>
    assets.asset(name, (progress) => onProgress({ asset: words, ...progress }), signal);

  const archive = silently('node-archive').then(parseTree);
  if (source === 'snapshot') {
    const [tree, snapshot] = await Promise.all([archive, shown('node-snapshot', 'node snapshot')]);
    return { source, archive: tree, snapshot };
  }
  const [tree, bios, vgaBios, kernel] = await Promise.all([
    archive,
    silently('bios'),
    silently('vga-bios'),
    shown('node-kernel', 'Linux kernel'),
  ]);
  const initramfs = await shown('node-initramfs', 'root file system');
  return { source, archive: tree, boot: { kernel, initramfs, bios, vgaBios } };
}

function parseTree(bytes: Uint8Array): TreeEntry {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as TreeEntry;
  } catch (cause) {
    throw new SandglassError('data-loss', "The index of the node's file archive is not JSON.", {
      cause,
    });
  }
}
