import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { AgentClient } from '#guest/agent-client.ts';
import { Machine } from '#vm/machine.ts';
import type { FileServer } from '#ninep/file-server.ts';
import type { MachineProfile } from '#vm/profiles.ts';
import { readSnapshotHeader } from '#vm/snapshot-file.ts';
import { afterAbsence, freshIdentity } from './identity.ts';
import {
  type FetchFile,
  type FileFailure,
  NodeArchive,
  type SavedArchive,
} from './node-archive.ts';
import type { NodeImages } from './node-images.ts';

/** The virtio-console port that the agent serves. */
const agentPort = 1;
/** Milliseconds. A cold boot takes four seconds on a fast machine; a phone is ten times slower. */
const agentDeadline = { snapshot: 20_000, checkpoint: 20_000, 'cold-boot': 120_000 };

export interface NodeParts {
  machine: Machine;
  agent: AgentClient;
  archive: NodeArchive;
}

export interface BringUpOptions {
  wasm: WebAssembly.Module;
  clock: Clock;
  hostname: string;
  fetchFile: FetchFile;
  onFileFailure: (failure: FileFailure) => void;
  signal: AbortSignal;
  /** Told of the machine before its first instruction; whoever listens disposes of it. */
  onMachine: (machine: Machine) => void;
}

/** From images to a machine whose agent answers and that has an identity of its own, or that of a checkpoint. */
export async function bringUpNode(
  images: NodeImages,
  profile: MachineProfile,
  options: BringUpOptions,
): Promise<NodeParts> {
  const { clock, hostname, signal } = options;
  const archive = new NodeArchive(images.archive, options.fetchFile, clock);
  archive.failures.listen(options.onFileFailure);
  const machine = await makeMachine(images, profile, archive, options);
  const agent = await greetAgent(machine, clock, agentDeadline[images.source], signal);
  const identity =
    images.source === 'checkpoint'
      ? afterAbsence(clock)
      : freshIdentity(clock, hostname, machine.nic?.mac);
  await agent.system.setIdentity(identity, signal);
  return { machine, agent, archive };
}

/** A session with the machine's agent, which ends the one before. */
export function greetAgent(
  machine: Machine,
  clock: Clock,
  deadline: number,
  signal: AbortSignal,
): Promise<AgentClient> {
  return AgentClient.connect(machine.channel(agentPort), clock, { deadline, signal });
}

/** The machine and the archive's fids as one file, taken when both are at rest; the machine runs on. */
export async function snapshotNode(
  node: NodeParts,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  await node.agent.system.prepareSnapshot({ signal });
  return node.machine.snapshot({ ...(signal && { signal }), extra: () => besideMachine(node) });
}

/** What a snapshot of the node needs beside the machine's state, taken at the same moment. */
export function besideMachine({
  machine,
  archive,
}: Pick<NodeParts, 'machine' | 'archive'>): SnapshotExtra {
  return {
    archive: archive.server.save(),
    console: new TextDecoder().decode(machine.console.scrollback()),
  };
}

type SnapshotExtra = { archive: ReturnType<FileServer['save']>; console: string };

async function makeMachine(
  images: NodeImages,
  profile: MachineProfile,
  archive: NodeArchive,
  { wasm, clock, signal, onMachine }: BringUpOptions,
): Promise<Machine> {
  const ninep = (request: Uint8Array, flushed: AbortSignal) =>
    archive.server.handle(request, flushed);
  const options = { wasm, clock, ninep, signal, paused: true };
  const machine =
    images.source === 'cold-boot'
      ? await Machine.coldBoot(profile, images.boot, options)
      : await Machine.restore(profile, images.snapshot, { ...options, ...macOf(images) });
  if (signal.aborted) {
    machine.dispose();
    throw asSandglassError(signal.reason);
  }
  onMachine(machine);
  takeUpFids(machine, archive);
  machine.resume();
  return machine;
}

/** A machine of a checkpoint keeps its address. */
function macOf(images: Extract<NodeImages, { snapshot: Uint8Array }>): { mac?: string } {
  if (images.source === 'snapshot') return {};
  const { mac } = readSnapshotHeader(images.snapshot);
  return mac === null ? {} : { mac };
}

function takeUpFids(machine: Machine, archive: NodeArchive): void {
  if (!machine.restoredFrom) return;
  const { archive: saved } = machine.restoredFrom.extra as { archive?: SavedArchive };
  if (!saved) throw new SandglassError('data-loss', 'The snapshot lacks its open archive files.');
  archive.server.restore(saved);
}
