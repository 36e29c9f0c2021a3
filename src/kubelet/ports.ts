import type { Client } from '@connectrpc/connect';
import type { ByteDuplex } from '#base/byte-stream.ts';
import type { UpgradeHandler, FetchHandler } from '#kube/streaming/upgrade.ts';
import type { ImageService, RuntimeService } from '#kube/cri/api_pb.ts';

export interface Cri {
  runtime: Client<typeof RuntimeService>;
  image: Client<typeof ImageService>;
}

export type NodeFileType =
  'file' | 'directory' | 'symlink' | 'pipe' | 'socket' | 'block-device' | 'character-device';

export interface NodeFileStatus {
  type: NodeFileType;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes. */
  size: number;
  /** Bytes that it takes on its disk. */
  allocated: number;
  inode: bigint;
  /** Milliseconds since 1970. */
  modified: number;
}

/** The node's files. Failures are SandglassErrors with the errno's name. */
export interface NodeFiles {
  read(
    path: string,
    options?: { offset?: number; length?: number; signal?: AbortSignal },
  ): Promise<Uint8Array>;
  readText(path: string, options?: { signal?: AbortSignal }): Promise<string>;
  /** The whole file, made if it is missing. */
  write(
    path: string,
    content: Uint8Array | string,
    options?: { mode?: number; signal?: AbortSignal },
  ): Promise<void>;
  /** Follows symbolic links. */
  stat(path: string, signal?: AbortSignal): Promise<NodeFileStatus>;
  lstat(path: string, signal?: AbortSignal): Promise<NodeFileStatus>;
  exists(path: string, signal?: AbortSignal): Promise<boolean>;
  list(path: string, signal?: AbortSignal): Promise<(NodeFileStatus & { name: string })[]>;
  /** With `parents`, missing directories above too, and no error if it exists. */
  makeDirectory(
    path: string,
    options?: { parents?: boolean; mode?: number; signal?: AbortSignal },
  ): Promise<void>;
  /** A file or an empty directory; with `recursive` all that is in it, but nothing of another mount. */
  remove(
    path: string,
    options?: { recursive?: boolean; missing?: 'fail' | 'ignore'; signal?: AbortSignal },
  ): Promise<void>;
  rename(from: string, to: string, signal?: AbortSignal): Promise<void>;
  symlink(path: string, target: string, signal?: AbortSignal): Promise<void>;
  readLink(path: string, signal?: AbortSignal): Promise<string>;
  changeMode(path: string, mode: number, signal?: AbortSignal): Promise<void>;
  changeOwner(
    path: string,
    owner: { uid: number; gid: number },
    options?: { follow?: boolean; signal?: AbortSignal },
  ): Promise<void>;
}

export interface MountPoint {
  target: string;
  type: string;
}

export interface NodeMounts {
  /** Mounts a file system, or with type `bind` the source itself. `options` as mount(8) has them. */
  mount(
    mount: { type: string; source: string; target: string; options: readonly string[] },
    signal?: AbortSignal,
  ): Promise<void>;
  unmount(target: string, signal?: AbortSignal): Promise<void>;
  list(signal?: AbortSignal): Promise<readonly MountPoint[]>;
}

/** One logical CPU and where it sits (cadvisor's topology). */
export interface LogicalCpu {
  cpu: number;
  core: number;
  socket: number;
  numaNode: number;
}

/** What does not change while the node is up. */
export interface NodeFacts {
  /** The node's own address on the network of the node. */
  address: string;
  hostname: string;
  cpus: readonly LogicalCpu[];
  memoryBytes: number;
  /** Of the file system with /var/lib/kubelet. */
  storageBytes: number;
  machineId: string;
  systemUuid: string;
  bootId: string;
  kernelVersion: string;
  osImage: string;
  architecture: string;
}

/** Counters of the whole node at a moment, for stats. */
export interface NodeUsage {
  /** Milliseconds since 1970. */
  time: number;
  cpuNanoSeconds: bigint;
  memoryUsageBytes: bigint;
  memoryWorkingSetBytes: bigint;
  memoryAvailableBytes: bigint;
  memoryRssBytes: bigint;
  storageAvailableBytes: bigint;
  storageUsedBytes: bigint;
  networkReceivedBytes: bigint;
  networkSentBytes: bigint;
  /** When the node was started, milliseconds since 1970. */
  bootTime: number;
}

/** What the kubelet does on its node. */
export interface KubeletNode {
  files: NodeFiles;
  mounts: NodeMounts;
  /** Connects from the node's own network namespace. The host is an address in digits. */
  dial(address: { host: string; port: number }, signal?: AbortSignal): Promise<ByteDuplex>;
  facts(signal?: AbortSignal): Promise<NodeFacts>;
  usage(signal?: AbortSignal): Promise<NodeUsage>;
  /**
   * Resolves when a file or directory may have changed; sooner does no harm. Rejects when the signal fires.
   * @param lookEvery milliseconds by which a change may be noticed late
   */
  waitForChange(path: string, lookEvery: number, signal: AbortSignal): Promise<void>;
}

/** The CRI's streaming server, which answers the URLs that Exec, Attach and PortForward return. */
export interface StreamingServer {
  fetch: FetchHandler;
  upgrade: UpgradeHandler;
}
