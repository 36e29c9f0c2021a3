import type { ByteDuplex, ByteSink, ByteSource } from '#base/byte-stream.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { ProcessSpec, ResourcesSpec, RuntimeSpec } from '#oci/runtime-spec.ts';
import type { CgroupStats } from './cgroup-stats.ts';

/**
 * What a RuntimeClass's handler has to do, modelled on containerd's Task API
 * (api/runtime/task/v3/shim.proto): one task is one container, from its creation to its deletion.
 */
export interface TaskRuntime {
  /** Creates the container up to the point where only its program is left to be started. */
  create(request: CreateTask, signal?: AbortSignal): Promise<Task>;
  /** A task that an earlier life of this side created; undefined if the node has none of that id. */
  load(id: string, links: TraceLinks): Promise<Task | undefined>;
  /** Removes what is left of a task, whatever its state, such as after a failed `create`. */
  cleanUp(id: string, links: TraceLinks): Promise<void>;
  /** What the handler can do beyond the usual. */
  readonly features: RuntimeFeatures;
}

export interface RuntimeFeatures {
  recursiveReadOnlyMounts: boolean;
}

export interface CreateTask {
  id: string;
  spec: RuntimeSpec;
  rootfs: Rootfs;
  terminal: boolean;
  /** Whether its standard input can be written to; otherwise it reads its end. */
  stdin: boolean;
  /** In CRI format; without it what the container writes goes to who is attached. */
  logPath?: string;
  /** Of a sandbox: what its namespace has been given; without one it uses the node's network. */
  network?: PodNetwork;
  /** Of a sandbox: bytes that all its containers together may have, where they are limited. */
  memoryLimit?: number;
  links: TraceLinks;
}

/** A pod's network, as its plugins have made it. */
export interface PodNetwork {
  /** Of eth0 in the pod's namespace. */
  mac: string;
  mtu: number;
  /** In CIDR notation. */
  addresses: readonly string[];
  routes: readonly { destination: string; gateway?: string }[];
}

/** A root file system: layers of an image, lowest first, under one that takes the changes. */
export interface Rootfs {
  layers: readonly string[];
  upper: string;
  work: string;
}

export interface TaskExit {
  /** As a shell would give it: 128 and the signal's number if one killed it. */
  code: number;
  /** Nanoseconds since 1970 by the node's clock. */
  exitedAt: bigint;
  /** Whether the kernel killed one of its processes for want of memory. */
  oomKilled: boolean;
}

export interface Task {
  readonly id: string;
  /** Of the container's first process, in the node's initial PID namespace, or of what stands for it there. */
  readonly pid: number;
  /** Its processes are another kernel's: the node has neither numbers nor a cgroup for them. */
  readonly ownKernel: boolean;
  /** Resolves with how its first process ended; rejects only if the node goes, or the task is released. */
  readonly exited: Promise<TaskExit>;
  start(signal?: AbortSignal): Promise<void>;
  /** After its end. What the runtime knows of it is gone afterwards. */
  delete(): Promise<void>;
  /** Nothing happens if it has ended. With `all`, SIGKILL to every process of the container. */
  kill(signal: number, options?: { all?: boolean }): Promise<void>;
  exec(request: ExecTask, signal?: AbortSignal): Promise<ExecProcess>;
  attach(signal?: AbortSignal): Promise<Attachment>;
  pids(signal?: AbortSignal): Promise<number[]>;
  /** What it uses now; undefined if there is nothing of it any more. */
  stats(): Promise<CgroupStats | undefined>;
  /** A connection to a port of the pod that it holds together. */
  dial(port: number, signal?: AbortSignal): Promise<ByteDuplex>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  update(resources: ResourcesSpec, signal?: AbortSignal): Promise<void>;
  resizeTerminal(size: TerminalSize): Promise<void>;
  closeStdin(): Promise<void>;
  reopenLog(): Promise<void>;
  /** Leaves it to itself: it runs on, to be loaded again. */
  release(): void;
}

export interface ExecTask {
  process: ProcessSpec;
  stdin: boolean;
  terminal?: TerminalSize;
}

/** A further process in a container. */
export interface ExecProcess {
  /** In the node's initial PID namespace; known when it has ended, undefined if it never began. */
  readonly pid: Promise<number | undefined>;
  readonly stdin: ByteSink | undefined;
  readonly stdout: ByteSource;
  /** With a terminal there is none of its own. */
  readonly stderr: ByteSource | undefined;
  readonly exited: Promise<{ code: number }>;
  /** Resolves once the process exists, or has ended without: until then the time is the runtime's. */
  started(signal?: AbortSignal): Promise<void>;
  resize(size: TerminalSize): void;
  /** Ends it if it has not, and lets go of its streams. */
  kill(): Promise<void>;
}

/** The standard streams of a container's first process, from now on. */
export interface Attachment {
  readonly stdin: ByteSink;
  readonly stdout: ByteSource;
  readonly stderr: ByteSource;
  resize(size: TerminalSize): void;
  close(): void;
}
