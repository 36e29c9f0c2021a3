import { SandglassError, asSandglassError } from '#base/errors.ts';
import { fnv32a } from '#kubelet/kuberuntime/hash.ts';
import { kubeletRoot } from '#kubelet/pod-directories.ts';
import type { NodeFiles } from '#kubelet/ports.ts';
import { CpuSet } from './cpuset.ts';

export const stateFile = `${kubeletRoot}/cpu_manager_state`;

export interface CpuManagerState {
  policyName: string;
  defaultCpuSet: CpuSet;
  /** By pod UID and container. */
  assignments: Map<string, Map<string, CpuSet>>;
}

interface Checkpoint {
  policyName: string;
  defaultCpuSet: string;
  entries?: Record<string, Record<string, string>>;
  checksum: number;
}

/** The file that keeps assignments over a restart (pkg/kubelet/cm/cpumanager/state/state_checkpoint.go). */
export async function readState(
  files: NodeFiles,
  signal: AbortSignal,
): Promise<CpuManagerState | undefined> {
  let text: string;
  try {
    text = await files.readText(stateFile, { signal });
  } catch (error) {
    if (asSandglassError(error).code === 'not-found') return undefined;
    throw error;
  }
  const { checksum, ...content } = parse(text);
  if (checksum !== checksumOf(content)) throw corrupt('checkpoint is corrupted');
  const entries = Object.entries(content.entries ?? {});
  return {
    policyName: content.policyName,
    defaultCpuSet: CpuSet.parse(content.defaultCpuSet),
    assignments: new Map(
      entries.map(([uid, containers]) => [
        uid,
        new Map(Object.entries(containers).map(([name, cpus]) => [name, CpuSet.parse(cpus)])),
      ]),
    ),
  };
}

export async function writeState(files: NodeFiles, state: CpuManagerState): Promise<void> {
  const entries = Object.fromEntries(
    [...state.assignments].map(([uid, containers]) => [
      uid,
      Object.fromEntries([...containers].map(([name, cpus]) => [name, cpus.toString()])),
    ]),
  );
  const content = {
    policyName: state.policyName,
    defaultCpuSet: state.defaultCpuSet.toString(),
    ...(state.assignments.size > 0 && { entries }),
  };
  const temporary = `${stateFile}.tmp`;
  await files.write(temporary, JSON.stringify({ ...content, checksum: checksumOf(content) }), {
    mode: 0o600,
  });
  await files.rename(temporary, stateFile);
}

function parse(text: string): Checkpoint {
  try {
    const value = JSON.parse(text) as Partial<Checkpoint>;
    const { policyName, defaultCpuSet, checksum } = value;
    if (policyName === undefined || defaultCpuSet === undefined || checksum === undefined) {
      throw corrupt('a field is missing');
    }
    return { ...value, policyName, defaultCpuSet, checksum };
  } catch (error) {
    throw corrupt(asSandglassError(error).message);
  }
}

function checksumOf(content: object): number {
  return fnv32a(JSON.stringify(content));
}

function corrupt(why: string): SandglassError {
  return new SandglassError(
    'data-loss',
    `could not restore state from checkpoint: ${why}, please drain this node and delete the CPU manager checkpoint file "${stateFile}" before restarting Kubelet`,
  );
}
