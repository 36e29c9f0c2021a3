import { SandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { TreeEntry } from '#ninep/file-tree.ts';
import type { NodeSource } from '#rpc/contracts.ts';
import type { BootImages } from '#vm/kernel-image.ts';
import type { FetchProgress, GuestAssets } from './guest-assets.ts';
import { type LoadingProgress, LoadingSum } from './loading-progress.ts';

type StartImages =
  | { source: 'snapshot' | 'checkpoint'; snapshot: Uint8Array }
  | { source: 'cold-boot'; boot: BootImages };

export type NodeImages = { archive: TreeEntry } & StartImages;

/** What to start from; of a checkpoint, its machine. */
export type LoadSource =
  { kind: Exclude<NodeSource, 'checkpoint'> } | { kind: 'checkpoint'; machine: Uint8Array };

/** The emulator's code, shared by all starts: whoever waits for it may leave, the fetch goes on. */
export interface EmulatorSource {
  /** Decoded bytes; 0 where it comes without a download. */
  readonly bytes: number;
  load(onProgress: (progress: FetchProgress) => void): Promise<WebAssembly.Module>;
}

export interface NodeSources {
  assets: GuestAssets;
  emulator: EmulatorSource;
}

/** What a start needs: the snapshot, or the kernel and its initramfs; the archive's index; the emulator. */
export async function loadNode(
  { assets, emulator }: NodeSources,
  source: LoadSource,
  signal: AbortSignal,
  onProgress: (progress: LoadingProgress) => void,
): Promise<{ images: NodeImages; wasm: WebAssembly.Module }> {
  const sum = new LoadingSum((progress) => {
    if (!signal.aborted) onProgress(progress);
  });
  // Beside the manifest, which it does not need.
  const told = sum.add(emulator.bytes, emulator.bytes > 0 ? 'emulator' : undefined);
  const wasm = untilAborted(emulator.load(told), signal);
  // A manifest that cannot be had comes before.
  wasm.catch(() => undefined);
  const image: FindImage = async (name, words) => {
    const asset = await assets.find(name, signal);
    const told = sum.add(asset.bytes, words);
    return () => assets.fetchVerified(asset, told, signal);
  };
  const archive = await image('node-archive');
  const fetchRest = await findStart(source, image);
  sum.begin();
  const [tree, rest, module] = await Promise.all([archive().then(parseTree), fetchRest(), wasm]);
  return { images: { archive: tree, ...rest }, wasm: module };
}

/** Finds an image in the manifest, to be shown by these words or by none; gives how to fetch it. */
type FindImage = (name: string, words?: string) => Promise<() => Promise<Uint8Array>>;

async function findStart(
  source: LoadSource,
  image: FindImage,
): Promise<() => Promise<StartImages>> {
  switch (source.kind) {
    case 'snapshot':
      return findSnapshot(image);
    case 'cold-boot':
      return findBootImages(image);
    case 'checkpoint':
      return () => Promise.resolve({ source: 'checkpoint', snapshot: source.machine });
  }
}

async function findSnapshot(image: FindImage): Promise<() => Promise<StartImages>> {
  const snapshot = await image('node-snapshot', 'node snapshot');
  return async () => ({ source: 'snapshot', snapshot: await snapshot() });
}

async function findBootImages(image: FindImage): Promise<() => Promise<StartImages>> {
  const [kernel, initramfs, bios, vgaBios] = await Promise.all([
    image('node-kernel', 'Linux kernel'),
    image('node-initramfs', 'root file system'),
    image('bios'),
    image('vga-bios'),
  ]);
  return async () => {
    const boot = await Promise.all([kernel(), initramfs(), bios(), vgaBios()]);
    return {
      source: 'cold-boot',
      boot: {
        kernel: boot[0],
        initramfs: await gunzipWhole(boot[1]),
        firmware: { bios: boot[2], vgaBios: boot[3] },
      },
    };
  };
}

/** The kernel could, but would take as long over it as over all else of its start. */
export async function gunzipWhole(bytes: Uint8Array): Promise<Uint8Array> {
  const plain = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(plain).arrayBuffer());
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
