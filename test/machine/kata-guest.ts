import { createHash } from 'node:crypto';
import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { gunzipWhole } from '#cluster/node-images.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { systemClock } from '#base/clock.ts';
import { FileServer } from '#ninep/file-server.ts';
import type { TreeEntry } from '#ninep/file-tree.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { guestShare, guestShm } from '#runtimes/kata/kata-paths.ts';
import {
  type Process as ProcessMessage,
  type ProcessSchema,
  type Spec as SpecMessage,
  SpecSchema,
} from '#runtimes/kata/oci_pb.ts';
import { TtrpcClient } from '#runtimes/kata/ttrpc.ts';
import type { BootImages } from '#vm/kernel-image.ts';
import { Machine } from '#vm/machine.ts';
import type { MachineOptions } from '#vm/machine-options.ts';
import type { NinepHandler } from '#vm/ninep-device.ts';
import { podProfile } from '#vm/profiles.ts';
import { loadWasm } from './images.ts';

export const { method } = AgentService;

type Process = Exclude<MessageInitShape<typeof ProcessSchema>, ProcessMessage>;
type Spec = Exclude<MessageInitShape<typeof SpecSchema>, SpecMessage>;

export async function kataImages(board: 'pc' | 'minimal' = 'pc'): Promise<BootImages> {
  const assets = new GuestAssets(new DirectoryAssets(guestDirectory()));
  const image = async (name: string) =>
    assets.fetchVerified(await assets.find(name), () => undefined);
  const kernel = await image('kata-kernel');
  const initramfs = await gunzipWhole(await image('kata-initramfs'));
  if (board === 'minimal') return { kernel, initramfs, firmware: undefined };
  return {
    kernel,
    initramfs,
    firmware: { bios: await image('bios'), vgaBios: await image('vga-bios') },
  };
}

/** busybox out of the initramfs, for containers: the one program that is certain to run in them. */
export function busyboxOf(initramfs: Uint8Array): Uint8Array {
  const bytes = Buffer.from(initramfs);
  for (let at = 0; at < bytes.length;) {
    const field = (index: number) =>
      parseInt(bytes.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [size, nameSize] = [field(6), field(11)];
    const name = bytes.toString('latin1', at + 110, at + 110 + nameSize - 1);
    const data = (at + 110 + nameSize + 3) & ~3;
    if (name === 'usr/bin/busybox') return initramfs.subarray(data, data + size);
    at = (data + size + 3) & ~3;
  }
  throw new Error('The initramfs has no busybox.');
}

/** What the machine gets over 9P: a root file system for every container of `names`. */
function shared(names: readonly string[], contents: Map<string, Uint8Array>): TreeEntry {
  const directory = (entries: Record<string, TreeEntry>, mode = 0o755): TreeEntry => ({
    type: 'directory',
    mode,
    mtime: 0,
    entries,
  });
  const file = (data: Uint8Array | string, mode = 0o644): TreeEntry => {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    contents.set(sha256, bytes);
    return { type: 'file', mode, mtime: 0, bytes: bytes.length, sha256 };
  };
  const applets = [
    'sh',
    'cat',
    'id',
    'ls',
    'sleep',
    'true',
    'hostname',
    'ps',
    'head',
    'stty',
    'yes',
    'wc',
  ];
  const busybox = contents.get('busybox') ?? new Uint8Array();
  const root = () =>
    directory({
      bin: directory({
        busybox: file(busybox, 0o755),
        ...Object.fromEntries(
          applets.map((name) => [
            name,
            { type: 'symlink', mode: 0o777, mtime: 0, target: 'busybox' } as const,
          ]),
        ),
      }),
      dev: directory({}),
      etc: directory({
        passwd: file('root:x:0:0:root:/root:/bin/sh\nguest:x:1000:1000::/:/bin/sh\n'),
        group: file('root:x:0:\n'),
      }),
      proc: directory({}),
      root: directory({}, 0o700),
      sys: directory({}),
      tmp: directory({}, 0o1777),
    });
  return directory(Object.fromEntries(names.map((name) => [name, directory({ rootfs: root() })])));
}

export interface KataGuestOptions extends Pick<MachineOptions, 'mac'> {
  board?: 'pc' | 'minimal';
  /** MiB */
  memory?: number;
  /** Containers that may be made. */
  containers?: readonly string[];
  /** Who serves its files, if not a server of the test's own. */
  ninep?: NinepHandler;
}

async function machineOptions(options: KataGuestOptions): Promise<MachineOptions> {
  const { containers = ['one', 'two'], mac } = options;
  const { initramfs } = await kataImages();
  const contents = new Map([['busybox', busyboxOf(initramfs ?? new Uint8Array())]]);
  const server = new FileServer(
    shared(containers, contents),
    ({ entry }) =>
      Promise.resolve((entry.type === 'file' && contents.get(entry.sha256)) || new Uint8Array()),
    systemClock,
  );
  return {
    wasm: await loadWasm(),
    ninep: options.ninep ?? ((request, signal) => server.handle(request, signal)),
    ...(mac !== undefined && { mac }),
  };
}

/** Kata's capabilities of a container are containerd's; tests need few of them. */
const capabilities = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_NET_RAW'];

/** A pod's machine with nothing around it: its agent at hand, files from memory. */
export class KataGuest {
  readonly machine: Machine;
  readonly agent: TtrpcClient;

  private constructor(machine: Machine) {
    this.machine = machine;
    this.agent = new TtrpcClient(machine.channel(1));
  }

  static async boot(options: KataGuestOptions = {}): Promise<KataGuest> {
    const { board = 'pc', memory = 32 } = options;
    const profile = podProfile(board, memory << 20);
    const images = await kataImages(board);
    return new KataGuest(await Machine.coldBoot(profile, images, await machineOptions(options)));
  }

  /** A clone of a machine of the same options. */
  static async restore(snapshot: Uint8Array, options: KataGuestOptions = {}): Promise<KataGuest> {
    const { board = 'pc', memory = 32 } = options;
    const profile = podProfile(board, memory << 20);
    return new KataGuest(await Machine.restore(profile, snapshot, await machineOptions(options)));
  }

  /** What the kernel and the agent have said. */
  get console(): string {
    return new TextDecoder().decode(this.machine.console.scrollback());
  }

  dispose(): void {
    this.machine.dispose();
  }

  createSandbox(id = 'sandbox'): Promise<unknown> {
    const options = ['trans=virtio', 'version=9p2000.L', 'cache=none', 'msize=131072', 'nodev'];
    return this.agent.call(method.createSandbox, {
      hostname: 'pod',
      dns: ['nameserver 10.96.0.10', 'search default.svc.cluster.local'],
      sandboxId: id,
      storages: [
        { driver: '9p', source: 'host9p', fstype: '9p', options, mountPoint: guestShare },
        {
          driver: 'ephemeral',
          source: 'shm',
          fstype: 'tmpfs',
          options: ['noexec', 'nosuid', 'nodev', 'mode=1777', 'size=1048576'],
          mountPoint: guestShm,
        },
      ],
    });
  }

  /** Creates a container of a command, not started. */
  create(
    id: string,
    args: readonly string[],
    more: Process = {},
    change: Spec = {},
  ): Promise<unknown> {
    return this.agent.call(method.createContainer, {
      containerId: id,
      execId: id,
      OCI: specOf(id, args, more, change),
    });
  }

  /** Creates and starts one. */
  async run(
    id: string,
    args: readonly string[],
    more: Process = {},
    change: Spec = {},
  ): Promise<void> {
    await this.create(id, args, more, change);
    await this.agent.call(method.startContainer, { containerId: id });
  }

  exec(
    containerId: string,
    execId: string,
    args: readonly string[],
    more: Process = {},
  ): Promise<unknown> {
    return this.agent.call(method.execProcess, {
      containerId,
      execId,
      process: processOf(args, more),
    });
  }

  /** Everything a process writes, until its end. */
  async output(
    containerId: string,
    execId = '',
    stream: 'readStdout' | 'readStderr' = 'readStdout',
  ): Promise<string> {
    let text = '';
    for (;;) {
      const part = await this.agent
        .call(method[stream], { containerId, execId, len: 32768 })
        .catch((error: unknown) => {
          if ((error as Error).message === 'eof') return undefined;
          throw error;
        });
      if (!part) return text;
      text += new TextDecoder().decode(part.data);
    }
  }

  async status(containerId: string, execId = ''): Promise<number> {
    return (await this.agent.call(method.waitProcess, { containerId, execId })).status;
  }

  /** What a command in the running container says, and how it ends. */
  async ask(
    containerId: string,
    command: string,
  ): Promise<{ output: string; errors: string; status: number }> {
    const execId = `exec-${Math.random().toString(36).slice(2)}`;
    await this.exec(containerId, execId, ['sh', '-c', command]);
    const [output, errors, status] = await Promise.all([
      this.output(containerId, execId),
      this.output(containerId, execId, 'readStderr'),
      this.status(containerId, execId),
    ]);
    return { output, errors, status };
  }

  async write(containerId: string, data: string, execId = ''): Promise<void> {
    const bytes = new TextEncoder().encode(data);
    await this.agent.call(method.writeStdin, { containerId, execId, data: bytes });
  }
}

function processOf(args: readonly string[], more: Process): Process {
  return {
    Args: [...args],
    Env: ['PATH=/bin'],
    Cwd: '/',
    User: {},
    Capabilities: {
      Bounding: capabilities,
      Effective: capabilities,
      Permitted: capabilities,
    },
    NoNewPrivileges: true,
    ...more,
  };
}

export function specOf(id: string, args: readonly string[], more: Process, change: Spec) {
  return create(SpecSchema, {
    Version: '1.0.2',
    Process: processOf(args, more),
    Root: { Path: `${guestShare}/${id}/rootfs`, Readonly: true },
    Mounts: [
      {
        destination: '/proc',
        type: 'proc',
        source: 'proc',
        options: ['nosuid', 'noexec', 'nodev'],
      },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
      },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
      },
      {
        destination: '/sys',
        type: 'sysfs',
        source: 'sysfs',
        options: ['nosuid', 'noexec', 'nodev', 'ro'],
      },
      {
        destination: '/sys/fs/cgroup',
        type: 'cgroup',
        source: 'cgroup',
        options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
      },
      { destination: '/dev/shm', type: 'bind', source: guestShm, options: ['rbind'] },
      {
        destination: '/tmp',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'nodev', 'mode=1777'],
      },
    ],
    Linux: {
      CgroupsPath: `/${id}`,
      Namespaces: ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map((Type) => ({ Type })),
    },
    ...change,
  });
}
