import type { ErrorCode } from '#base/errors.ts';
import type { HeldCall } from '#base/stepper.ts';
import type { TerminalSize } from '#base/terminal-size.ts';
import type { PodRef, TraceDetail, TraceRecord } from '#base/trace-records.ts';
import type { Event, Pod } from '#kube/types.ts';

/** How a machine is started: from the snapshot made at build time, or from power-on. */
export type StartSource = 'snapshot' | 'cold-boot';

/** How a machine came to run: it may also have come with a saved cluster. */
export type NodeSource = StartSource | 'checkpoint';

/** A failure as it crosses a thread: an Error would lose its code on the way. */
export interface Failure {
  code: ErrorCode;
  /** A sentence for the reader. */
  message: string;
}

/** What the node's machine is doing; sent on every change. Bytes are of all that a start fetches, once decoded. */
export type NodeStatus =
  | { kind: 'off' }
  | {
      kind: 'loading';
      source: NodeSource;
      /** What is still being fetched, in the reader's words, such as `node snapshot and emulator`. */
      asset: string;
      loadedBytes: number;
      totalBytes: number;
      fromCache: boolean;
      /** The guest has reset its machine, which starts again by itself. */
      reset?: Failure;
    }
  | {
      kind: 'starting';
      source: NodeSource;
      /** The machine has run, and runs on: what has to be started anew is its agent. */
      lost?: Failure;
      /** As while loading. */
      reset?: Failure;
    }
  | { kind: 'running'; source: NodeSource }
  | { kind: 'paused'; by: 'reader' | 'sleep' }
  /** The guest switched itself off or its CPU halted with interrupts off. */
  | { kind: 'halted'; failure: Failure }
  /** Loading or starting failed, or the guest's kernel panicked, or its worker died. */
  | {
      kind: 'failed';
      during: 'loading' | 'starting' | 'running';
      failure: Failure;
      /** The last lines of the machine's console, if there are any. */
      console: string;
    };

export interface MachineFacts {
  /** Such as `Linux 6.1.192 i686`. */
  kernel: string;
  memoryTotalBytes: number;
  memoryAvailableBytes: number;
  instructionsPerSecond: number;
  /** Milliseconds since 1970 by the guest's clock, now. */
  guestTime: number;
  uptimeSeconds: number;
  startedFrom: NodeSource;
  /** Milliseconds from the request to start until the agent answered. */
  startMilliseconds: number;
}

/** What a saved cluster is, in short. */
export interface CheckpointSummary {
  /** Milliseconds since 1970, by the clock of whoever saved it. */
  savedAt: number;
  pods: number;
  memoryBytes: number;
  /** Of what it can be opened by, as `NodeApi.build` gives it. */
  build: string;
}

export interface StartOptions {
  /** Memory of a machine that boots cold; a snapshot always has its own. */
  memoryBytes?: number;
}

/** How a terminal's shell ended. */
export type ProcessEnd = { kind: 'exited'; code: number } | { kind: 'killed'; signal: string };

export interface GuestFileFacts {
  name: string;
  /** As stat(2) says: 0 for the files of /proc, and a log may have grown before it is sent. */
  bytes: number;
}

/** What the Kubernetes on the node is doing. It ends with the machine. */
export type ClusterStatus =
  | { kind: 'off' }
  | { kind: 'starting' }
  | { kind: 'running' }
  /** It is tried again at `retryAt`, in ms since 1970 by the machine's clock, or as soon as `startCluster` is called. */
  | { kind: 'failed'; failure: Failure; retryAt: number };

/** The node's container images, and those on their way to it. Bytes are of compressed layers. */
export interface NodeImages {
  images: readonly { id: string; references: readonly string[]; bytes: number }[];
  pulls: readonly { reference: string; loadedBytes: number; totalBytes: number }[];
}

/** A record of a cluster's trace. */
export interface TracePosition {
  /** Another number is another cluster, whose records' ids begin at 1 again. */
  cluster: number;
  id: number;
}

export interface TraceBatch {
  cluster: number;
  /** In the order of their ids. */
  records: readonly TraceRecord[];
  /** How many records between the last that was told before and the last of these were dropped for want of room. */
  lost: number;
}

/** Inode numbers, by which the kernel tells namespaces apart: namespaces(7). */
export type SurveyedNamespaces = Readonly<
  Record<'mnt' | 'pid' | 'net' | 'ipc' | 'uts' | 'cgroup' | 'user', number>
>;

/** Times are since its beginning. */
export interface SurveyedProcess {
  /** In the node's initial PID namespace. */
  pid: number;
  parentPid: number;
  /** In its own PID namespace. */
  ownPid: number;
  /** As proc_pid_stat(5) has it, such as `S`. */
  state: string;
  residentBytes: number;
  cpuMilliseconds: number;
  namespaces: SurveyedNamespaces;
  /** Below /sys/fs/cgroup. */
  cgroup: string;
  name: string;
  /** Arguments between spaces; the first bytes of a long one. */
  commandLine: string;
}

/** What a control group uses; without what it has no file for, and limits that are `max`. */
export interface SurveyedCgroup {
  path: string;
  memoryBytes?: number;
  memoryLimitBytes?: number;
  cpuMilliseconds: number;
  /** As cpu.max has it: microseconds, or `max`, of a period. */
  cpuMax?: string;
  cpuWeight?: number;
  processes?: number;
}

/** A network device. Numbers of devices are of its namespace, 0 for none. */
export interface SurveyedLink {
  namespace: number;
  index: number;
  /** The other end of a veth pair, a number of that one's namespace. */
  peer: number;
  /** The bridge that it is a port of. */
  master: number;
  up: boolean;
  /** Such as `veth` or `bridge`. */
  kind: string | undefined;
  name: string;
  hardwareAddress: string;
  /** With their prefixes. */
  addresses: readonly string[];
  receivedBytes: number;
  sentBytes: number;
}

export interface SurveyedMount {
  /** The mount namespace that has it. */
  namespace: number;
  /** What of the file system is mounted. */
  root: string;
  point: string;
  readOnly: boolean;
  type: string;
  source: string;
}

export interface SurveyedKernel {
  /** Such as `6.1.192`. */
  release: string;
  /** Another with every boot: random(4). */
  bootId: string;
  memoryTotalBytes: number;
  memoryAvailableBytes: number;
}

/** A device on the virtio bus. */
export interface SurveyedDevice {
  /** Such as `virtio0`. */
  name: string;
  /** Such as `virtio_net`; `-` for one that nothing drives. */
  driver: string;
  /** What the driver has made of it: a network device's name, a 9P share's tag. */
  what: string;
}

/** What there is on a machine at one moment, as its kernel says; the kernel's own threads are left out. */
export interface NodeSurvey {
  kernel: SurveyedKernel;
  devices: readonly SurveyedDevice[];
  processes: readonly SurveyedProcess[];
  cgroups: readonly SurveyedCgroup[];
  links: readonly SurveyedLink[];
  mounts: readonly SurveyedMount[];
}

/** A pod's virtual machine: what it was made as, what its own kernel tells of it, and what its emulator does. */
export interface MachineSurvey {
  sandboxId: string;
  pod?: PodRef;
  /** The RuntimeClass' handler, such as `kata-fc`. */
  handler: string;
  /** Of the machine, as it was asked for. */
  memoryBytes: number;
  /** Absent where it cannot be had, which `failure` then says. */
  survey?: NodeSurvey;
  failure?: Failure;
  emulator?: EmulatorFacts;
}

/** What the emulator of a virtual machine says of itself. */
export interface EmulatorFacts {
  /** Bytes that it has taken from its thread, the machine's memory among them. */
  heapBytes: number;
  /** That the machine's CPU has executed. */
  instructions: number;
  framesDropped: number;
  ninepRequests: number;
}

/** What is broken of the parts of the cluster that are no programs of the node, for want of which no command breaks them. */
export interface ClusterFaults {
  /** The CRI answers nobody, as that of a runtime that is stopped; its shims, and what they run, run on. */
  runtimeStopped: boolean;
  /** What is pulled comes no faster, in bytes a second. */
  registryBytesPerSecond: number | undefined;
}

/** The cluster's clock, which stands still while a call is held; the machine's goes on. */
export interface ClusterClock {
  /** Milliseconds since 1970 by the cluster's clock, where it stands; undefined while it runs. */
  stoppedAt: number | undefined;
  /** Milliseconds that it was behind the machine's when this was told. */
  behind: number;
}

/** The cluster as the page sees it: what there is, what happens, and a hand on it. Listeners outlive the machine. */
export interface ClusterApi {
  /**
   * Lets the Kubernetes on the node begin, now or as soon as a machine runs, and from then on with every machine.
   * A start that has failed is tried again at once.
   * Until then it begins by itself only where `kubectl` or `crictl` is typed: a first prompt comes sooner alone.
   */
  startCluster(): Promise<void>;
  watchCluster(listener: (status: ClusterStatus) => unknown): Promise<void>;
  /** All pods of all namespaces, at each change. */
  watchPods(listener: (pods: readonly Pod[]) => unknown): Promise<void>;
  watchEvents(listener: (events: readonly Event[]) => unknown): Promise<void>;
  watchImages(listener: (images: NodeImages) => unknown): Promise<void>;
  /**
   * The trace: first what is kept of it, or what came after a record that is known already, then what comes, until the
   * watch that it gives is ended. What is kept stays so whether anybody watches or not. The next batch waits until the
   * listener has taken in the one before.
   */
  watchTrace(listener: (batch: TraceBatch) => unknown, after?: TracePosition): Promise<number>;
  unwatchTrace(watch: number): Promise<void>;
  /** Of which kinds records are made one by one from now on, on this machine and on the next, as somebody looks at them. */
  setTraceDetails(kinds: readonly TraceDetail[]): Promise<void>;
  /** The virtual machines that pods have now, in the order in which they began. Costs each some milliseconds. */
  surveyMachines(): Promise<readonly MachineSurvey[]>;
  /** The calls that are held now, at each change. */
  watchHeld(listener: (held: readonly HeldCall[]) => unknown): Promise<void>;
  /** The cluster's clock, each time that it is stopped or set going. */
  watchClock(listener: (clock: ClusterClock) => unknown): Promise<void>;
  /** `cri/<Method>`, `sync-loop/<source>`, `agent/<Method>`; a pattern may end in `*`. They stay through restarts. */
  setBreakpoints(points: readonly string[]): Promise<void>;
  /** Lets a held call go and holds the next at any point. */
  stepHeld(id?: number): Promise<void>;
  /** Lets a held call go. */
  proceedHeld(id?: number): Promise<void>;
  /** Lets all go and forgets the breakpoints. */
  runOn(): Promise<void>;
  watchFaults(listener: (faults: ClusterFaults) => unknown): Promise<void>;
  /** Until they are set anew, or another machine begins. Rejects with `invalid-argument` for a rate below 1. */
  setFaults(faults: ClusterFaults): Promise<void>;
  /**
   * Makes the images of an archive the node's: an OCI layout's, or what `docker save` writes, from the port's bytes.
   * Resolves with their names, or the id of one that has none.
   */
  loadImages(port: MessagePort): Promise<readonly string[]>;
  /** What the site's registry has, by the names that people write, such as `busybox:1.36`. */
  listOfferedImages(): Promise<readonly string[]>;
}

/** What goes with a file into the guest. */
export interface UploadOptions {
  /** What the file is called where it comes from. */
  name: string;
  /** Without it a new file gets 0o644, and one that exists keeps its own. */
  mode?: number;
}

export interface UploadedFile {
  path: string;
  bytes: number;
  /** A regular file was there before. */
  replaced: boolean;
}

/**
 * The worker that runs the node's machine. Ports carry `BytePort` streams (src/base/byte-port.ts).
 * Every call that the machine's end cuts short rejects with `unavailable`.
 */
export interface NodeApi extends ClusterApi {
  /** Calls back with the status now and at each change, until the page goes. */
  watchStatus(listener: (status: NodeStatus) => unknown): Promise<void>;
  /** Calls back with what goes wrong without ending the machine, until the page goes. */
  watchNotices(listener: (notice: Failure) => unknown): Promise<void>;
  /** Loads and starts, disposing of the machine before. Resolves when the agent answers; failures are also a status. */
  start(source: StartSource, options?: StartOptions): Promise<void>;
  /**
   * Saves the cluster as a whole and sends it to the port as a file's bytes; it runs on. Waits until no CRI call and
   * no API write is under way and the machine is at rest; rejects with `deadline-exceeded` and what keeps it. A call
   * that the stepper holds has not begun, and is not in what is saved. Cancelled by a reader of the port who leaves.
   */
  saveCheckpoint(port: MessagePort): Promise<CheckpointSummary>;
  /**
   * Goes on from a saved cluster whose bytes come over the port, in place of the machine before, which is left alone
   * until the new one answers. Rejects with `failed-precondition` if it is of another build, with `data-loss` if it is
   * damaged, with `invalid-argument` if it is no saved cluster, with `resource-exhausted` without memory for it.
   */
  openCheckpoint(port: MessagePort): Promise<CheckpointSummary>;
  /** What saved clusters depend on: the guest's files and the emulator, by one name. Rejects where that cannot be fetched. */
  build(): Promise<string>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Pauses if the machine was at rest for two seconds and has no process but its own, stopped ones and
   * shells at a prompt; tells whether it did. The next `resume` sets the guest's clock.
   */
  sleepIfIdle(): Promise<boolean>;
  facts(): Promise<MachineFacts>;
  /** What there is on the node now. Costs the guest some milliseconds. */
  surveyNode(): Promise<NodeSurvey>;
  /**
   * A login shell on a pty of its own, or a command with a login shell's environment; its bytes go over the port.
   * Resolves with a handle once it runs.
   */
  openTerminal(size: TerminalSize, port: MessagePort, command?: readonly string[]): Promise<number>;
  resizeTerminal(terminal: number, size: TerminalSize): Promise<void>;
  /** Resolves when the terminal's shell or command has ended. */
  terminalEnd(terminal: number): Promise<ProcessEnd>;
  /** Hangs up, as closing a terminal window does. */
  closeTerminal(terminal: number): Promise<void>;
  /**
   * Runs a command line by the shell, its standard input and output on `port`, its standard error
   * on `errors`. Resolves when it has ended and all its output was sent.
   */
  runCommand(command: string, port: MessagePort, errors: MessagePort): Promise<ProcessEnd>;
  /** The serial console: what it has shown since power-on (bounded), then what comes; typed bytes go in. */
  openConsole(port: MessagePort): Promise<void>;
  /**
   * Writes a file from the port's bytes, whole or not at all; what is no regular file is written in place. Where the
   * path is a directory the file is written into it, under its own name, as cp(1) does.
   */
  uploadFile(path: string, port: MessagePort, file: UploadOptions): Promise<UploadedFile>;
  /**
   * Sends a file's bytes to the port. Rejects with `not-found` and the like before any byte. The stream's end says
   * that it was whole, not the number of bytes.
   */
  downloadFile(path: string, port: MessagePort): Promise<GuestFileFacts>;
}

/** Which of its doors a headless node opens to clients on this machine; each has its like inside the guest. */
export interface ListenOptions {
  /** The port of the Kubernetes API; 0 lets the kernel choose. */
  kubePort?: number;
  /** The path of the CRI's socket. */
  criSocket?: string;
}

/** Where clients reach the API, the CRI, and what the URLs of its Exec, Attach and PortForward begin with. */
export interface ClientAddresses {
  kube?: string;
  cri?: string;
  streaming?: string;
}

/** Addresses on this machine and, for clients on the node itself, in the guest. */
export interface Listening extends ClientAddresses {
  guest: ClientAddresses;
}

/** What the thread of a headless node offers besides. */
export interface HeadlessApi extends NodeApi {
  /** Opens the doors on this machine, before the machine starts. Rejects with what is taken. */
  listen(options: ListenOptions): Promise<Listening>;
  /** Resolves when the node is Ready, or, without a kubelet, when its CRI answers; in the guest too. */
  whenReady(): Promise<void>;
  /** Shuts the doors on this machine; what is under way ends. */
  stopListening(): Promise<void>;
}
