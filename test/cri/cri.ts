import type { MessageInitShape } from '@bufbuild/protobuf';
import { systemClock } from '#base/clock.ts';
import type { SandglassError } from '#base/errors.ts';
import type { TraceBus } from '#base/trace.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import { serveCommands } from '#cluster/kubernetes/node-commands.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { machinesInThreads } from '#host/machines-in-threads.ts';
import {
  type ContainerConfig as ContainerConfigMessage,
  type ContainerConfigSchema,
  ContainerState,
  type ContainerStatus,
  type PodSandboxConfig,
  type PodSandboxConfigSchema,
} from '#kube/cri/api_pb.ts';
import type { CriClients } from '#kube/cri/client.ts';
import type { UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { shell, startNode } from '../machine/node.ts';

export type PodConfig = Exclude<MessageInitShape<typeof PodSandboxConfigSchema>, PodSandboxConfig>;
export type ContainerConfig = Exclude<
  MessageInitShape<typeof ContainerConfigSchema>,
  ContainerConfigMessage
>;

/** A node with a CRI service on it, as its clients see it, and no kubelet. */
export interface CriNode extends CriClients {
  node: LinuxNode;
  trace: TraceBus;
  /** Of the runtime that pods are made by unless another is named. */
  readonly handler: string;
  /** What a command line on the node prints. */
  shell(command: string): Promise<string>;
  /** Where the URLs of Exec, Attach and PortForward lead. */
  upgrade: UpgradeHandler;
  /** Ends the service, and nothing on the node. */
  stop(): Promise<void>;
  /** Starts another one, which knows nothing but what is on the node. */
  start(): Promise<void>;
}

export async function startCri(handler = ''): Promise<CriNode> {
  const node = await startNode();
  await shell(node.running, 'mkdir -p /var/log/pods');
  let service = await serveCri(node);
  await service.criClients.image.pullImage({ image: { image: busybox } });
  const cri: CriNode = {
    ...service.criClients,
    node,
    trace: service.trace,
    handler,
    shell: (command) => shell(node.running, command),
    upgrade: (request) => service.cri.streaming.upgrade(request),
    stop: () => service.stop(),
    start: async () => {
      service = await serveCri(node);
      Object.assign(cri, service.criClients, { trace: service.trace });
    },
  };
  return cri;
}

async function serveCri(node: LinuxNode): Promise<Kubernetes> {
  const assets = new GuestAssets(new DirectoryAssets(guestDirectory()));
  const kubernetes = await Kubernetes.prepare({
    agent: node.running.agent,
    registry: new SiteRegistry(assets),
    virtualMachines: machinesInThreads(assets),
    clock: systemClock,
    nodeName: 'node-1',
    kubelet: false,
    onError: (error: SandglassError) => {
      throw error;
    },
  });
  // A VMM calls for its machine as kubectl calls for its answers.
  const program = (name: string) => Promise.resolve(kubernetes.programs[name]);
  serveCommands(node.running.agent, program, kubernetes.signal).catch(() => undefined);
  return kubernetes;
}

/** As upstream's critest has it in its containers. */
export const busybox = 'registry.k8s.io/e2e-test-images/busybox:1.29-2';

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
  runtimeHandler = cri.handler,
): Promise<Pod> {
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config, runtimeHandler });
  return new Pod(cri, podSandboxId, config);
}

/** A pod for a while. */
export async function withPod(
  cri: CriNode,
  config: PodConfig,
  work: (pod: Pod) => Promise<void>,
): Promise<void> {
  const pod = await runPod(cri, config);
  try {
    await work(pod);
  } finally {
    await pod.remove();
  }
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

  /** A container of critest's default image, or of another, which is pulled unless it is there. */
  async create(more: ContainerConfig): Promise<string> {
    const name = `container-${this.#containers++}`;
    const { image } = more;
    if (image && !(await this.#cri.image.imageStatus({ image })).image) {
      await this.#cri.image.pullImage({ image });
    }
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

  /** A container that runs. */
  async start(more: ContainerConfig = { command: ['top'] }): Promise<string> {
    const containerId = await this.create(more);
    await this.#cri.runtime.startContainer({ containerId });
    return containerId;
  }

  /** A container that runs this shell script. */
  run(script: string, more: ContainerConfig = {}): Promise<string> {
    return this.start({ command: ['sh', '-c', script], ...more });
  }

  async address(): Promise<string> {
    const { status } = await this.#cri.runtime.podSandboxStatus({ podSandboxId: this.id });
    return status?.network?.ip ?? '';
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

/** Its state, as the call tells it. */
export async function stateOf(cri: CriNode, containerId: string): Promise<ContainerState> {
  const { status } = await cri.runtime.containerStatus({ containerId });
  return status?.state ?? ContainerState.CONTAINER_UNKNOWN;
}

/** What ExecSync says of a command, in text. */
export async function execSync(cri: CriNode, containerId: string, cmd: string[], timeout = 0n) {
  const { stdout, stderr, exitCode } = await cri.runtime.execSync({ containerId, cmd, timeout });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { stdout: text(stdout), stderr: text(stderr), exitCode };
}

/** What a command line in a container prints; it must end with 0. */
export async function exec(cri: CriNode, containerId: string, command: string): Promise<string> {
  const { stdout, stderr, exitCode } = await execSync(cri, containerId, ['sh', '-c', command]);
  if (exitCode === 0) return stdout;
  throw new Error(`"${command}" ended with ${exitCode}: ${stdout}${stderr}`);
}
