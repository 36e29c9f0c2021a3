import { fromJson, toJson } from '@bufbuild/protobuf';
import {
  type ContainerConfig,
  ContainerConfigSchema,
  ContainerState,
  ContainerStateSchema,
  type PodSandboxConfig,
} from '#kube/cri/api_pb.ts';
import type { Rootfs, Task } from '#runtimes/task.ts';
import type { RuntimeSpec } from '#oci/runtime-spec.ts';
import type { RecordFormat } from './record-store.ts';

/** A container, from CreateContainer to RemoveContainer. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  /** The image's id. */
  readonly imageId: string;
  readonly spec: RuntimeSpec;
  readonly rootfs: Rootfs;
  readonly logPath: string | undefined;
  readonly stopSignal: string;
  /** Nanoseconds since 1970; 0: not yet. */
  readonly createdAt: bigint;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  reason: string;
  message: string;
  pid: number;
  /** A call is at work on it, and no other may begin. */
  busy: 'starting' | 'removing' | undefined;
  task: Task | undefined;
  /** Resolves when its end has been taken note of. */
  ended: Promise<void> | undefined;
}

interface SavedContainer extends Omit<
  ContainerRecord,
  'config' | 'createdAt' | 'startedAt' | 'finishedAt' | 'busy' | 'task' | 'ended'
> {
  createdAt: string;
  startedAt: string;
  finishedAt: string;
  config: Parameters<typeof fromJson>[1];
}

export const containerFormat: RecordFormat<ContainerRecord> = {
  directory: '/run/sandglass/cri/containers',
  kind: 'container',
  encode: (record) => ({
    ...record,
    createdAt: record.createdAt.toString(),
    startedAt: record.startedAt.toString(),
    finishedAt: record.finishedAt.toString(),
    config: toJson(ContainerConfigSchema, record.config),
    busy: undefined,
    task: undefined,
    ended: undefined,
  }),
  decode(json) {
    const saved = json as SavedContainer;
    return {
      ...saved,
      logPath: saved.logPath,
      createdAt: BigInt(saved.createdAt),
      startedAt: BigInt(saved.startedAt),
      finishedAt: BigInt(saved.finishedAt),
      config: fromJson(ContainerConfigSchema, saved.config),
      busy: undefined,
      task: undefined,
      ended: undefined,
    };
  },
};

/** By its times, as containerd has it (internal/cri/store/container/status.go). */
export function stateOf({ startedAt, finishedAt }: ContainerRecord): ContainerState {
  if (finishedAt !== 0n) return ContainerState.CONTAINER_EXITED;
  return startedAt === 0n ? ContainerState.CONTAINER_CREATED : ContainerState.CONTAINER_RUNNING;
}

export function stateName(record: ContainerRecord): string {
  return ContainerStateSchema.value[stateOf(record)]?.name ?? '';
}

/** As containerd names them (internal/cri/server/helpers.go, makeContainerName). */
export function containerName(config: ContainerConfig, sandbox: PodSandboxConfig): string {
  const { name = '', attempt = 0 } = config.metadata ?? {};
  const { name: pod = '', namespace = '', uid = '' } = sandbox.metadata ?? {};
  return [name, pod, namespace, uid, attempt].join('_');
}

/** What it writes, on disk as long as it exists. */
export function containerDirectory(id: string): string {
  return `/var/lib/sandglass/containers/${id}`;
}
