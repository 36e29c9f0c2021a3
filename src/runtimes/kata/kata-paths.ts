import { tasksDirectory } from '#runtimes/runc/runc-paths.ts';

/** Where the directory that a machine shares with the node is within it (src/libs/kata-types, kata_guest_share). */
export const guestShare = '/run/kata-containers/shared/containers';
/** The sandbox's shared memory within it. */
export const guestShm = '/run/kata-containers/sandbox/shm';

export const shimProgram = '/usr/lib/sandglass/sandglass-shim-kata';
export const vmmProgram = '/usr/lib/sandglass/sandglass-vmm';
export const shareProgram = '/usr/lib/sandglass/share';

/** Where on the node a sandbox's things are, under the names that Kata gives them. */
export class SandboxPaths {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** What the shim and the VMM of it keep. */
  get state(): string {
    return `/run/vc/sbs/${this.id}`;
  }

  get shimSocket(): string {
    return `${this.state}/shim.sock`;
  }

  /** What the shim was told at its start, for a later life of this side. */
  get stateFile(): string {
    return `${this.state}/state.json`;
  }

  /** In which group of the node's they are: known from before there is anything in it. */
  get cgroupFile(): string {
    return `${this.state}/cgroup`;
  }

  get machine(): string {
    return `/run/vc/vm/${this.id}`;
  }

  get vsock(): string {
    return `${this.machine}/kata.hvsock`;
  }

  get vmmLog(): string {
    return `${this.machine}/vmm.log`;
  }

  /** Served to the machine over 9P. */
  get shared(): string {
    return `/run/kata-containers/shared/sandboxes/${this.id}/shared`;
  }
}

/** Of a container of it. */
export class ContainerPaths {
  readonly id: string;
  readonly sandbox: SandboxPaths;

  constructor(id: string, sandbox: SandboxPaths) {
    this.id = id;
    this.sandbox = sandbox;
  }

  /** Its sockets, its exit, and what it was made of. */
  get directory(): string {
    return `${tasksDirectory}/${this.id}`;
  }

  get controlSocket(): string {
    return `${this.directory}/control.sock`;
  }

  get exitFile(): string {
    return `${this.directory}/exit`;
  }

  /** Which sandbox it is in. */
  get sandboxFile(): string {
    return `${this.directory}/sandbox`;
  }

  /** Where its root is mounted on the node. */
  get rootfs(): string {
    return `${this.sandbox.shared}/${this.id}/rootfs`;
  }

  get guestRootfs(): string {
    return `${guestShare}/${this.id}/rootfs`;
  }

  execSocket(exec: string): string {
    return `${this.directory}/${exec}.sock`;
  }
}
