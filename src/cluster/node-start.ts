import type { Clock } from '#base/clock.ts';
import type { NodeStatus } from '#rpc/contracts.ts';
import type { Machine } from '#vm/machine.ts';
import { nodeProfile } from '#vm/profiles.ts';
import { type NodeParts, bringUpNode } from './bring-up.ts';
import type { FileFailure } from './node-archive.ts';
import { type LoadSource, type NodeSources, loadNode } from './node-images.ts';

export type StartProgress = Extract<NodeStatus, { kind: 'loading' | 'starting' }>;

/** One start of the node's machine. */
export interface NodeStart {
  memoryBytes: number;
  /** Ends what is under way, and later what was begun for the machine. */
  signal: AbortSignal;
  tell: (progress: StartProgress) => void;
  /** The machine is put together, before its first instruction. */
  onMachine: (machine: Machine) => void;
}

interface Surroundings extends NodeSources {
  hostname: string;
  /** Of what waits for the machine or lives on it. */
  time: Clock;
  onFileFailure: (failure: FileFailure) => void;
}

/** Fetches what a start needs, and brings the machine up until its agent has answered. */
export async function loadAndBringUp(
  from: LoadSource,
  { memoryBytes, signal, tell, onMachine }: NodeStart,
  { assets, emulator, hostname, time, onFileFailure }: Surroundings,
): Promise<NodeParts> {
  const source = from.kind;
  const { images, wasm } = await loadNode({ assets, emulator }, from, signal, (progress) => {
    tell({ kind: 'loading', source, ...progress });
  });
  tell({ kind: 'starting', source });
  const profile = { ...nodeProfile, memoryBytes };
  return bringUpNode(images, profile, {
    hostname,
    clock: time,
    wasm,
    fetchFile: (file, unwanted) =>
      assets.fetchVerified(file, () => undefined, AbortSignal.any([signal, unwanted])),
    onFileFailure,
    signal,
    onMachine,
  });
}
