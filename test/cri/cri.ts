import { createRouterTransport } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { systemClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import { type Cri, createCri } from '#cri/cri.ts';
import type { ImageStore, LocalImage } from '#cri/ports.ts';
import { streamProtocols } from '#cluster/kubernetes/stream-protocols.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import {
  type ContainerConfig as ContainerConfigMessage,
  type ContainerConfigSchema,
  ContainerState,
  type ContainerStatus,
  type PodSandboxConfig,
  type PodSandboxConfigSchema,
} from '#kube/cri/api_pb.ts';
import { type CriClients, criClients } from '#kube/cri/client.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { RuncRuntime } from '#runtimes/runc/runc-runtime.ts';
import type { TaskRuntime } from '#runtimes/task.ts';
import { shell, startNode } from '../machine/node.ts';

type PodConfig = Exclude<MessageInitShape<typeof PodSandboxConfigSchema>, PodSandboxConfig>;
type ContainerConfig = Exclude<
  MessageInitShape<typeof ContainerConfigSchema>,
  ContainerConfigMessage
>;

/** A node with a CRI service on it, as its clients see it. */
export interface CriNode extends CriClients {
  node: LinuxNode;
  trace: TraceBus;
  /** What a command line on the node prints. */
  shell(command: string): Promise<string>;
  /** Where the URLs of Exec, Attach and PortForward lead. */
  upgrade: UpgradeHandler;
  /** Ends the service, and nothing on the node. */
  stop(): void;
  /** Starts another one, which knows nothing but what is on the node. */
  start(): Promise<void>;
}

export async function startCri(): Promise<CriNode> {
  const node = await startNode();
  const images = await makeImages(node);
  const trace = new TraceBus(systemClock);
  let close: () => void = () => undefined;
  let upgrade: UpgradeHandler | undefined;
  const start = async (): Promise<CriClients> => {
    const { agent } = node.running;
    const calls = { agent, clock: systemClock, trace };
    const crun = new RuncRuntime('crun', calls);
    const runtimes = new Map<string, TaskRuntime>([
      ['', crun],
      ['crun', crun],
      ['runc', new RuncRuntime('runc', calls)],
    ]);
    const service: Cri = await createCri({
      ...calls,
      images,
      runtimes,
      protocols: streamProtocols(systemClock),
    });
    close = () => service.close();
    upgrade = service.streaming.upgrade;
    return criClients(createRouterTransport((router) => service.routes(router)));
  };
  const cri: CriNode = {
    ...(await start()),
    node,
    trace,
    shell: (command) => shell(node.running, command),
    upgrade: (request) => {
      if (!upgrade) throw new Error('The service has not been started.');
      return upgrade(request);
    },
    stop: () => close(),
    start: async () => void Object.assign(cri, await start()),
  };
  return cri;
}

/** Images made of the node's own busybox and pause, as if they had been pulled. */
export async function makeImages(node: LinuxNode): Promise<ImageStore> {
  const script = `
    set -e
    root=/var/lib/images/busybox
    mkdir -p $root/bin $root/lib $root/etc $root/tmp $root/root
    cp -L /usr/bin/busybox $root/bin/busybox
    cp -L /usr/lib/ld-linux.so.2 /lib/i386-linux-gnu/lib{c,resolv}.so.* $root/lib/
    printf 'root:x:0:0::/root:/bin/sh\\nalice:x:1000:1000::/tmp:/bin/sh\\n' > $root/etc/passwd
    printf 'root:x:0:\\nalice:x:1000:\\nextra:x:2000:alice\\n' > $root/etc/group
    mkdir -p /var/lib/images/pause && cp /usr/lib/sandglass/pause /var/lib/images/pause/pause
    mkdir -p /var/log/pods
  `;
  await shell(node.running, script);
  const { files } = node.running.agent;
  const applets = (await shell(node.running, 'busybox --list')).trim().split('\n');
  await Promise.all(
    applets
      .filter((name) => name !== 'busybox')
      .map((name) => files.symlink(`/var/lib/images/busybox/bin/${name}`, 'busybox')),
  );
  const images: LocalImage[] = [
    {
      id: `sha256:${'b'.repeat(64)}`,
      repoTags: ['docker.io/library/busybox:1.36'],
      repoDigests: [`docker.io/library/busybox@sha256:${'d'.repeat(64)}`],
      layers: ['/var/lib/images/busybox'],
      config: { Cmd: ['sh'], Env: ['IMAGE=busybox'] },
    },
    {
      id: `sha256:${'a'.repeat(64)}`,
      repoTags: ['registry.k8s.io/pause:3.10'],
      repoDigests: [],
      layers: ['/var/lib/images/pause'],
      config: { Entrypoint: ['/pause'], User: '65535:65535' },
    },
  ];
  const find = (reference: string) =>
    images.find(({ id, repoTags }) => id === reference || repoTags.includes(reference));
  return {
    find: (reference) => Promise.resolve(find(reference)),
    ensure: (reference) => {
      const image = find(reference);
      return image ? Promise.resolve(image) : Promise.reject(new Error(`no image ${reference}`));
    },
  };
}

export const busybox = 'docker.io/library/busybox:1.36';

let sandboxes = 0;

/** As critest makes them: a name of its own, logs below /var/log/pods. */
export function podConfig(more: PodConfig = {}): PodConfig {
  const name = `pod-${sandboxes++}`;
  return {
    metadata: { name, namespace: 'cri-test', uid: `uid-${name}`, attempt: 0 },
    hostname: name,
    logDirectory: `/var/log/pods`,
    linux: {},
    labels: { app: name },
    ...more,
  };
}

export async function runPod(
  cri: CriNode,
  config = podConfig(),
  runtimeHandler = '',
): Promise<Pod> {
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config, runtimeHandler });
  return new Pod(cri, podSandboxId, config);
}

export class Pod {
  readonly id: string;
  readonly config: PodConfig;
  readonly #cri: CriNode;
  #containers = 0;

  constructor(cri: CriNode, id: string, config: PodConfig) {
    this.#cri = cri;
    this.id = id;
    this.config = config;
  }

  async create(more: ContainerConfig): Promise<string> {
    const name = `container-${this.#containers++}`;
    const { containerId } = await this.#cri.runtime.createContainer({
      podSandboxId: this.id,
      sandboxConfig: this.config,
      config: {
        metadata: { name, attempt: 0 },
        image: { image: busybox },
        logPath: `${this.id}-${name}.log`,
        linux: {},
        ...more,
      },
    });
    return containerId;
  }

  /** A container that runs this shell script. */
  async run(script: string, more: ContainerConfig = {}): Promise<string> {
    const containerId = await this.create({ command: ['sh', '-c', script], ...more });
    await this.#cri.runtime.startContainer({ containerId });
    return containerId;
  }

  /** The lines of its log, without their times. */
  async log(containerId: string): Promise<string[]> {
    const { status } = await this.#cri.runtime.containerStatus({ containerId });
    const text = await this.#cri.node.running.agent.files.readText(status?.logPath ?? '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.slice(line.indexOf(' ') + 1));
  }

  /** Once it has written one. */
  async firstLine(containerId: string): Promise<string> {
    for (;;) {
      const [line] = await this.log(containerId);
      if (line !== undefined) return line;
    }
  }

  async remove(): Promise<void> {
    await this.#cri.runtime.stopPodSandbox({ podSandboxId: this.id });
    await this.#cri.runtime.removePodSandbox({ podSandboxId: this.id });
  }
}

/** Its status once it has ended. */
export async function exited(cri: CriNode, containerId: string): Promise<ContainerStatus> {
  for (;;) {
    const { status } = await cri.runtime.containerStatus({ containerId });
    if (status?.state === ContainerState.CONTAINER_EXITED) return status;
    await cri.shell('true');
  }
}

/** What a command in a container prints; it must end with 0. */
export async function exec(cri: CriNode, containerId: string, command: string): Promise<string> {
  const { stdout, stderr, exitCode } = await cri.runtime.execSync({
    containerId,
    cmd: ['sh', '-c', command],
    timeout: 0n,
  });
  const text = new TextDecoder().decode(stdout);
  if (exitCode !== 0) {
    throw new Error(
      `"${command}" ended with ${exitCode}: ${text}${new TextDecoder().decode(stderr)}`,
    );
  }
  return text;
}
