import { type MessageInitShape, clone, create } from '@bufbuild/protobuf';
import {
  Code,
  ConnectError,
  type ServiceImpl,
  createClient,
  createRouterTransport,
} from '@connectrpc/connect';
import type { Clock } from '#base/clock.ts';
import {
  type ContainerConfig,
  ContainerState,
  type ContainerStatus,
  ContainerStatusSchema,
  ImageService,
  NamespaceMode,
  type PodSandboxConfig,
  PodSandboxState,
  type PodSandboxStatsSchema,
  type PodSandboxStatus,
  PodSandboxStatusSchema,
  RuntimeService,
} from '#kube/cri/api_pb.ts';
import type { Cri } from '#kubelet/ports.ts';

export interface FakeSandbox {
  id: string;
  config: PodSandboxConfig;
  status: PodSandboxStatus;
}

export interface FakeContainer {
  id: string;
  sandboxId: string;
  config: ContainerConfig;
  status: ContainerStatus;
}

export type ExecHandler = (
  command: readonly string[],
  containerId: string,
) => { exitCode: number; stdout?: string };

/** A runtime in memory behind the generated client. Containers run until a test ends them or the kubelet does. */
export class FakeCri {
  readonly clients: Cri;
  readonly sandboxes = new Map<string, FakeSandbox>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, { size: bigint; uid?: number; username?: string }>();
  /** Images that a pull finds. */
  readonly registry = new Set<string>();
  /** Method names in the order of the calls, with what they were about. */
  readonly calls: string[] = [];
  /** Rejects a call for which it returns an error, by the method's name. */
  fail: (method: string, about: string) => ConnectError | undefined = () => undefined;
  /** Holds a call for as long as the promise takes. */
  hold: (method: string, about: string) => Promise<void> | undefined = () => undefined;
  exec: ExecHandler = () => ({ exitCode: 0 });
  networkReady = true;
  recursiveReadOnlyMounts = true;
  /** With which a container answers a stop. */
  stopExitCode = 0;
  stats: MessageInitShape<typeof PodSandboxStatsSchema>[] = [];
  readonly #clock: Clock;
  #next = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
    const transport = createRouterTransport((router) => {
      router.service(RuntimeService, this.#runtime());
      router.service(ImageService, this.#imageService());
    });
    this.clients = {
      runtime: createClient(RuntimeService, transport),
      image: createClient(ImageService, transport),
    };
  }

  /** The newest container of that name. */
  container(name: string): FakeContainer {
    const found = [...this.containers.values()]
      .filter(({ config }) => config.metadata?.name === name)
      .at(-1);
    if (!found) throw new Error(`There is no container ${name}.`);
    return found;
  }

  exit(name: string, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    this.#end(this.container(name), exitCode, reason);
  }

  /** As when someone kills pause. */
  killSandboxes(): void {
    for (const { status } of this.sandboxes.values())
      status.state = PodSandboxState.SANDBOX_NOTREADY;
  }

  callsOf(method: string): string[] {
    return this.calls
      .filter((call) => call.startsWith(`${method} `))
      .map((call) => call.slice(method.length + 1));
  }

  async #enter(method: string, about: string): Promise<void> {
    this.calls.push(`${method} ${about}`);
    await this.hold(method, about);
    const error = this.fail(method, about);
    if (error) throw error;
  }

  #now(): bigint {
    return BigInt(Math.round(this.#clock.wallTime() * 1000)) * 1000n;
  }

  #end({ status }: FakeContainer, exitCode: number, reason: string): void {
    if (status.state !== ContainerState.CONTAINER_RUNNING) return;
    status.state = ContainerState.CONTAINER_EXITED;
    status.exitCode = exitCode;
    status.reason = reason;
    status.finishedAt = this.#now();
  }

  #containerOf(id: string): FakeContainer {
    const container = this.containers.get(id);
    if (!container) throw new ConnectError(`container "${id}" not found`, Code.NotFound);
    return container;
  }

  #runtime(): Partial<ServiceImpl<typeof RuntimeService>> {
    return {
      version: () => ({
        version: '0.1.0',
        runtimeName: 'fake',
        runtimeVersion: '1.0',
        runtimeApiVersion: 'v1',
      }),
      status: async () => {
        await this.#enter('Status', '');
        const message = 'cni plugin not initialized';
        return {
          status: {
            conditions: [
              { type: 'RuntimeReady', status: true },
              {
                type: 'NetworkReady',
                status: this.networkReady,
                reason: 'NetworkPluginNotReady',
                message,
              },
            ],
          },
          runtimeHandlers: [
            { name: '', features: { recursiveReadOnlyMounts: this.recursiveReadOnlyMounts } },
          ],
        };
      },
      runPodSandbox: async ({ config, runtimeHandler }) => {
        await this.#enter('RunPodSandbox', config?.metadata?.name ?? '');
        return { podSandboxId: this.#addSandbox(config, runtimeHandler) };
      },
      stopPodSandbox: async ({ podSandboxId }) => {
        await this.#enter('StopPodSandbox', podSandboxId);
        const sandbox = this.sandboxes.get(podSandboxId);
        if (sandbox) sandbox.status.state = PodSandboxState.SANDBOX_NOTREADY;
        for (const container of this.containers.values()) {
          if (container.sandboxId === podSandboxId) this.#end(container, 137, 'Error');
        }
        return {};
      },
      removePodSandbox: async ({ podSandboxId }) => {
        await this.#enter('RemovePodSandbox', podSandboxId);
        this.sandboxes.delete(podSandboxId);
        return {};
      },
      podSandboxStatus: async ({ podSandboxId }) => {
        await this.#enter('PodSandboxStatus', podSandboxId);
        const sandbox = this.sandboxes.get(podSandboxId);
        if (!sandbox) throw new ConnectError(`sandbox "${podSandboxId}" not found`, Code.NotFound);
        return { status: clone(PodSandboxStatusSchema, sandbox.status) };
      },
      listPodSandbox: async ({ filter }) => {
        await this.#enter('ListPodSandbox', '');
        const items = [...this.sandboxes.values()]
          .filter(({ config }) => matches(config.labels, filter?.labelSelector))
          .map(({ id, config, status }) => ({
            id,
            state: status.state,
            createdAt: status.createdAt,
            labels: config.labels,
            ...(config.metadata && { metadata: config.metadata }),
          }));
        return { items };
      },
      createContainer: async ({ podSandboxId, config }) => {
        await this.#enter('CreateContainer', config?.metadata?.name ?? '');
        const sandbox = this.sandboxes.get(podSandboxId);
        if (!config || !sandbox) throw new ConnectError('no such sandbox', Code.NotFound);
        return { containerId: this.#addContainer(sandbox, config) };
      },
      startContainer: async ({ containerId }) => {
        const { status, config } = this.#containerOf(containerId);
        await this.#enter('StartContainer', config.metadata?.name ?? '');
        status.state = ContainerState.CONTAINER_RUNNING;
        status.startedAt = this.#now();
        return {};
      },
      stopContainer: async ({ containerId, timeout }) => {
        const container = this.#containerOf(containerId);
        await this.#enter('StopContainer', `${container.config.metadata?.name ?? ''} ${timeout}`);
        this.#end(container, this.stopExitCode, this.stopExitCode === 0 ? 'Completed' : 'Error');
        return {};
      },
      removeContainer: async ({ containerId }) => {
        await this.#enter('RemoveContainer', containerId);
        this.containers.delete(containerId);
        return {};
      },
      listContainers: async ({ filter }) => {
        await this.#enter('ListContainers', '');
        const containers = [...this.containers.values()]
          .filter(({ config }) => matches(config.labels, filter?.labelSelector))
          .filter(({ status }) => !filter?.state || filter.state.state === status.state)
          .map(({ id, sandboxId, config, status }) => ({
            id,
            podSandboxId: sandboxId,
            state: status.state,
            createdAt: status.createdAt,
            labels: config.labels,
            annotations: config.annotations,
            ...(config.metadata && { metadata: config.metadata }),
          }));
        return { containers };
      },
      containerStatus: async ({ containerId }) => {
        await this.#enter('ContainerStatus', containerId);
        return { status: clone(ContainerStatusSchema, this.#containerOf(containerId).status) };
      },
      updateContainerResources: async ({ containerId, linux }) => {
        await this.#enter('UpdateContainerResources', `${containerId} ${linux?.cpusetCpus ?? ''}`);
        return {};
      },
      execSync: async ({ containerId, cmd }) => {
        await this.#enter('ExecSync', cmd.join(' '));
        const { exitCode, stdout = '' } = this.exec(cmd, containerId);
        return { exitCode, stdout: new TextEncoder().encode(stdout) };
      },
      exec: async ({ containerId, cmd, tty }) => {
        await this.#enter('Exec', `${containerId} ${cmd.join(' ')}${tty ? ' tty' : ''}`);
        return { url: 'http://streaming/exec/token' };
      },
      attach: async ({ containerId }) => {
        await this.#enter('Attach', containerId);
        return { url: 'http://streaming/attach/token' };
      },
      portForward: async ({ podSandboxId, port }) => {
        await this.#enter('PortForward', `${podSandboxId} ${port.join(',')}`);
        return { url: 'http://streaming/portforward/token' };
      },
      reopenContainerLog: async ({ containerId }) => {
        await this.#enter('ReopenContainerLog', containerId);
        return {};
      },
      listPodSandboxStats: async () => {
        await this.#enter('ListPodSandboxStats', '');
        return { stats: this.stats };
      },
    };
  }

  #imageService(): Partial<ServiceImpl<typeof ImageService>> {
    return {
      imageStatus: async ({ image }) => {
        const name = image?.image ?? '';
        await this.#enter('ImageStatus', name);
        const found = this.images.get(name.replace(/^sha256:/, ''));
        if (!found) return {};
        const { size, uid, username = '' } = found;
        return {
          image: {
            id: `sha256:${name.replace(/^sha256:/, '')}`,
            size,
            username,
            ...(uid !== undefined && { uid: { value: BigInt(uid) } }),
          },
        };
      },
      pullImage: async ({ image }) => {
        const name = image?.image ?? '';
        await this.#enter('PullImage', name);
        if (!this.registry.has(name)) {
          throw new ConnectError(`failed to resolve reference "${name}": not found`, Code.NotFound);
        }
        this.images.set(name, { size: 1000n });
        return { imageRef: `sha256:${name}` };
      },
      listImages: async () => {
        await this.#enter('ListImages', '');
        return {
          images: [...this.images].map(([name, { size }]) => ({
            id: `sha256:${name}`,
            repoTags: [name],
            size,
          })),
        };
      },
    };
  }

  #addSandbox(config: PodSandboxConfig | undefined, runtimeHandler: string): string {
    if (!config) throw new ConnectError('no configuration', Code.InvalidArgument);
    const number = this.#next++;
    const id = `sandbox-${number}`;
    const network = config.linux?.securityContext?.namespaceOptions?.network ?? NamespaceMode.POD;
    const status = create(PodSandboxStatusSchema, {
      id,
      state: PodSandboxState.SANDBOX_READY,
      createdAt: this.#now() + BigInt(number),
      labels: config.labels,
      annotations: config.annotations,
      runtimeHandler,
      network: { ip: network === NamespaceMode.NODE ? '' : `10.88.0.${number}` },
      linux: { namespaces: { options: { network } } },
      ...(config.metadata && { metadata: config.metadata }),
    });
    this.sandboxes.set(id, { id, config, status });
    return id;
  }

  #addContainer(sandbox: FakeSandbox, config: ContainerConfig): string {
    const number = this.#next++;
    const id = `container-${number}`;
    const status = create(ContainerStatusSchema, {
      id,
      state: ContainerState.CONTAINER_CREATED,
      createdAt: this.#now() + BigInt(number),
      labels: config.labels,
      annotations: config.annotations,
      mounts: config.mounts,
      imageRef: config.image?.image ?? '',
      logPath: `${sandbox.config.logDirectory}/${config.logPath}`,
      ...(config.image && { image: config.image }),
      ...(config.metadata && { metadata: config.metadata }),
    });
    this.containers.set(id, { id, sandboxId: sandbox.id, config, status });
    return id;
  }
}

function matches(labels: Record<string, string>, selector: Record<string, string> = {}): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
