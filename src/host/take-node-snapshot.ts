import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { TreeEntry } from '#ninep/file-tree.ts';
import { bringUpNode, snapshotNode } from '#cluster/bring-up.ts';
import type { Machine } from '#vm/machine.ts';
import { nodeProfile } from '#vm/profiles.ts';
import { loadEmulatorWasm } from './emulator-wasm.ts';

/** What the node boots from. */
export interface SnapshotImages {
  readonly kernel: Uint8Array;
  readonly initramfs: Uint8Array;
  readonly firmware: { bios: Uint8Array; vgaBios: Uint8Array };
  readonly archive: TreeEntry;
  /** Contents of the archive's files, by digest. */
  readonly archiveFile: (sha256: string) => Promise<Uint8Array>;
}

export interface SnapshotTaking {
  readonly signal?: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/**
 * Boots the node from power-on and saves it, uncompressed, with the agent running, its caches empty
 * and its free memory zeroed, at a moment when the CPU is halted and nothing is under way.
 */
export async function takeNodeSnapshot(
  { archive, archiveFile, ...boot }: SnapshotImages,
  { signal, onProgress }: SnapshotTaking,
): Promise<Uint8Array> {
  const end = new AbortController();
  let machine: Machine | undefined;
  onProgress('booting the node');
  try {
    const node = await bringUpNode({ source: 'cold-boot', archive, boot }, nodeProfile, {
      wasm: await loadEmulatorWasm(),
      clock: systemClock,
      hostname: 'node-1',
      fetchFile: ({ sha256 }) => archiveFile(sha256),
      onFileFailure: ({ path, error }) => {
        onProgress(`${path} could not be read: ${error.message}`);
      },
      signal: signal ? AbortSignal.any([signal, end.signal]) : end.signal,
      onMachine: (made) => {
        machine = made;
        made.events.listen((event) => {
          if (event.type === 'guest-panic' || event.type === 'emulator-failed') {
            end.abort(new SandglassError('aborted', `The node did not come up: ${event.type}.`));
          }
        });
      },
    });
    onProgress('zeroing its free memory');
    return await snapshotNode(node, signal);
  } catch (error) {
    const console = machine?.console.scrollback();
    if (console && !signal?.aborted) process.stderr.write(console.slice(-2000));
    throw error;
  } finally {
    machine?.dispose();
  }
}
