import { fromJson, toJson } from '@bufbuild/protobuf';
import type { CniResult } from '#cni/network.ts';
import { type PodSandboxConfig, PodSandboxConfigSchema } from '#kube/cri/api_pb.ts';
import type { Task } from '#runtimes/task.ts';
import type { RecordFormat } from './record-store.ts';

/** A pod sandbox, from RunPodSandbox to RemovePodSandbox. */
export interface SandboxRecord {
  readonly id: string;
  readonly name: string;
  readonly config: PodSandboxConfig;
  readonly runtimeHandler: string;
  /** Nanoseconds since 1970. */
  readonly createdAt: bigint;
  /** `unknown`: it is being made, or could not be made and not be cleaned up. */
  state: 'ready' | 'notready' | 'unknown';
  /** Path of its network namespace; without one it uses the node's. */
  netns: string | undefined;
  network: CniResult | undefined;
  /** Of the pause container. */
  pid: number;
  /** Directories that the pause container's root is made of. */
  layers: readonly string[];
  /** The pause container, while the runtime knows it. */
  task: Task | undefined;
}

export const sandboxFormat: RecordFormat<SandboxRecord> = {
  directory: '/run/sandglass/cri/sandboxes',
  kind: 'sandbox',
  encode: (record) => ({
    ...record,
    createdAt: record.createdAt.toString(),
    config: toJson(PodSandboxConfigSchema, record.config),
    task: undefined,
  }),
  decode(json) {
    const saved = json as Omit<SandboxRecord, 'config' | 'createdAt' | 'task'> & {
      createdAt: string;
      config: Parameters<typeof fromJson>[1];
    };
    return {
      ...saved,
      netns: saved.netns,
      network: saved.network,
      createdAt: BigInt(saved.createdAt),
      config: fromJson(PodSandboxConfigSchema, saved.config),
      task: undefined,
    };
  },
};

/** As containerd names them (internal/cri/server/helpers.go, makeSandboxName). */
export function sandboxName({ metadata }: PodSandboxConfig): string {
  const { name = '', namespace = '', uid = '', attempt = 0 } = metadata ?? {};
  return [name, namespace, uid, attempt].join('_');
}

/** The addresses that it has been given, without their prefix lengths. */
export function sandboxAddresses({ network, netns, state }: SandboxRecord): string[] {
  if (netns === undefined || state !== 'ready') return [];
  return (network?.ips ?? []).map(({ address }) => address.split('/')[0] ?? address);
}

/** Where its files are: resolv.conf, hostname, hosts and shm. */
export function sandboxDirectory(id: string): string {
  return `/run/sandglass/sandboxes/${id}`;
}
