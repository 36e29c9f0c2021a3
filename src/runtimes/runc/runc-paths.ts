import type { AgentClient } from '#guest/agent-client.ts';
import type { RuntimeSpec } from '#oci/runtime-spec.ts';
import { cgroupOf } from '#runtimes/cgroups.ts';

/** The OCI runtimes of the node, by the handler that asks for them. */
export const ociRuntimes = {
  // See images/guest/libsystemd.
  crun: {
    program: '/usr/bin/crun',
    root: '/run/crun',
    preload: '/usr/lib/sandglass/libsystemd.so.0',
  },
  runc: { program: '/usr/sbin/runc', root: '/run/runc', preload: undefined },
} as const;

export type OciRuntimeName = keyof typeof ociRuntimes;

/** Short: the path of a unix socket has room for 107 bytes, 64 of which are the container's id. */
export const tasksDirectory = '/run/sandglass/tasks';

/** Where on the node a container's things are. */
export class RuncPaths {
  readonly shimProgram = '/usr/lib/sandglass/sandglass-shim';
  readonly id: string;
  readonly runtimeName: OciRuntimeName;
  readonly bundle: string;

  constructor(runtimeName: OciRuntimeName, id: string) {
    this.runtimeName = runtimeName;
    this.id = id;
    this.bundle = `${tasksDirectory}/${id}`;
  }

  get rootfs(): string {
    return `${this.bundle}/rootfs`;
  }

  get configFile(): string {
    return `${this.bundle}/config.json`;
  }

  get controlSocket(): string {
    return `${this.bundle}/control.sock`;
  }

  get exitFile(): string {
    return `${this.bundle}/exit`;
  }

  get pidFile(): string {
    return `${this.bundle}/init.pid`;
  }

  /** What the runtime keeps of it. */
  get runtimeState(): string {
    return `${ociRuntimes[this.runtimeName].root}/${this.id}`;
  }

  /** Of the runtime's own process. */
  get environment(): Record<string, string> {
    const { preload } = ociRuntimes[this.runtimeName];
    return {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...(preload !== undefined && { LD_PRELOAD: preload }),
    };
  }

  runtimeArgv(...request: readonly string[]): string[] {
    const { program, root } = ociRuntimes[this.runtimeName];
    return [program, '--root', root, ...request];
  }

  /** The container's directory of cgroup2. */
  async cgroup(agent: AgentClient): Promise<string> {
    const spec = JSON.parse(await agent.files.readText(this.configFile)) as RuntimeSpec;
    return cgroupOf(spec);
  }
}
