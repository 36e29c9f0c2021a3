import type { MessageInitShape } from '@bufbuild/protobuf';
import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type {
  AttachRequestSchema,
  CheckpointContainerRequestSchema,
  Container,
  ContainerConfig,
  ContainerEventResponse,
  ContainerFilterSchema,
  ContainerStats,
  ContainerStatsFilterSchema,
  ContainerStatusResponse,
  ExecRequestSchema,
  ExecSyncResponse,
  LinuxContainerResourcesSchema,
  MetricDescriptor,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxFilterSchema,
  PodSandboxMetrics,
  PodSandboxStats,
  PodSandboxStatsFilterSchema,
  PodSandboxStatusResponse,
  RuntimeConfigResponse,
  RuntimeConfigSchema,
  StatusResponse,
  VersionResponse,
} from '#kube/cri/api_pb.ts';
import type { CriClients } from '#kube/cri/client.ts';
import { failure } from '#cli/command/errors.ts';
import { formatDuration } from '#kube/go-duration.ts';
import { protoText } from '#cli/crictl/output/proto-text.ts';
import type { Facts, RemoteCalls } from './remote-call.ts';
import { verifyContainerStatus, verifySandboxStatus } from './verify-status.ts';

type Runtime = CriClients['runtime'];

/** Where a failure is told of, and what is said (`… from runtime service failed`). */
const complain = (line: number, what: string, facts?: Facts) => ({
  place: `remote_runtime.go:${line}`,
  message: `${what} from runtime service failed`,
  ...(facts && { facts }),
});

/** The runtime service as upstream's client has it (k8s.io/cri-client, pkg/remote_runtime.go). */
export class RemoteRuntime {
  readonly #runtime: Runtime;
  readonly #calls: RemoteCalls;

  constructor(runtime: Runtime, calls: RemoteCalls) {
    this.#runtime = runtime;
    this.#calls = calls;
  }

  /** Without a complaint: whoever connects says it. */
  async validate(): Promise<void> {
    const { timeout } = this.#calls;
    await this.#calls.call({ timeout }, (options) => this.#runtime.version({}, options));
  }

  async version(version: string): Promise<VersionResponse> {
    const answer = await this.#call(complain(192, 'Version'), (options) =>
      this.#runtime.version({ version }, options),
    );
    const fields = [
      ['Version', answer.version],
      ['RuntimeName', answer.runtimeName],
      ['RuntimeApiVersion', answer.runtimeApiVersion],
      ['RuntimeVersion', answer.runtimeVersion],
    ] as const;
    const missing = fields.flatMap(([name, value]) => (value === '' ? [name] : []));
    if (missing.length > 0) {
      throw failure(`not all fields are set in VersionResponse (missing ${missing.join(', ')})`);
    }
    return answer;
  }

  async runPodSandbox(config: PodSandboxConfig, runtimeHandler: string): Promise<string> {
    // Twice the time of others.
    const timeout = this.#calls.timeout * 2;
    const complaint = complain(237, 'RunPodSandbox');
    const { podSandboxId } = await this.#calls.call({ timeout, complaint }, (options) =>
      this.#runtime.runPodSandbox({ config, runtimeHandler }, options),
    );
    if (podSandboxId === '') {
      const name = quote(config.metadata ? protoText(config.metadata) : '');
      throw failure(`PodSandboxId is not set for sandbox ${name}`);
    }
    return podSandboxId;
  }

  async stopPodSandbox(podSandboxId: string): Promise<void> {
    await this.#call(complain(267, 'StopPodSandbox', { podSandboxID: podSandboxId }), (options) =>
      this.#runtime.stopPodSandbox({ podSandboxId }, options),
    );
  }

  async removePodSandbox(podSandboxId: string): Promise<void> {
    await this.#call(complain(287, 'RemovePodSandbox', { podSandboxID: podSandboxId }), (options) =>
      this.#runtime.removePodSandbox({ podSandboxId }, options),
    );
  }

  async podSandboxStatus(
    podSandboxId: string,
    verbose: boolean,
  ): Promise<PodSandboxStatusResponse> {
    const answer = await this.#call(undefined, (options) =>
      this.#runtime.podSandboxStatus({ podSandboxId, verbose }, options),
    );
    if (answer.status) verifySandboxStatus(answer.status);
    return answer;
  }

  async listPodSandbox(
    filter?: MessageInitShape<typeof PodSandboxFilterSchema>,
  ): Promise<PodSandbox[]> {
    const complaint = complain(347, 'ListPodSandbox with filter');
    const { items } = await this.#call(complaint, (options) =>
      this.#runtime.listPodSandbox({ ...(filter && { filter }) }, options),
    );
    return items;
  }

  async createContainer(
    podSandboxId: string,
    config: ContainerConfig,
    sandboxConfig: PodSandboxConfig | undefined,
  ): Promise<string> {
    const facts = { podSandboxID: podSandboxId };
    const { containerId } = await this.#call(
      complain(410, 'CreateContainer in sandbox', facts),
      (options) =>
        this.#runtime.createContainer(
          { podSandboxId, config, ...(sandboxConfig && { sandboxConfig }) },
          options,
        ),
    );
    if (containerId === '') {
      const name = quote(config.metadata ? protoText(config.metadata) : '');
      throw failure(`ContainerId is not set for container ${name}`);
    }
    return containerId;
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#call(complain(435, 'StartContainer', { containerID: containerId }), (options) =>
      this.#runtime.startContainer({ containerId }, options),
    );
  }

  /** `grace` in seconds. */
  async stopContainer(containerId: string, grace: number): Promise<void> {
    const timeout = this.#calls.timeout + grace * 1000;
    const complaint = complain(459, 'StopContainer', { containerID: containerId });
    await this.#calls.call({ timeout, complaint }, (options) =>
      this.#runtime.stopContainer({ containerId, timeout: BigInt(grace) }, options),
    );
  }

  async removeContainer(containerId: string): Promise<void> {
    await this.#call(complain(479, 'RemoveContainer', { containerID: containerId }), (options) =>
      this.#runtime.removeContainer({ containerId }, options),
    );
  }

  async listContainers(
    filter?: MessageInitShape<typeof ContainerFilterSchema>,
  ): Promise<Container[]> {
    const complaint = complain(506, 'ListContainers with filter');
    const { containers } = await this.#call(complaint, (options) =>
      this.#runtime.listContainers({ ...(filter && { filter }) }, options),
    );
    return containers;
  }

  async containerStatus(containerId: string, verbose: boolean): Promise<ContainerStatusResponse> {
    const facts = { containerID: containerId };
    const answer = await this.#call(complain(569, 'ContainerStatus', facts), (options) =>
      this.#runtime.containerStatus({ containerId, verbose }, options),
    );
    if (answer.status) verifyContainerStatus(answer.status);
    return answer;
  }

  async updateContainerResources(
    containerId: string,
    linux: MessageInitShape<typeof LinuxContainerResourcesSchema>,
  ): Promise<void> {
    const facts = { containerID: containerId };
    await this.#call(complain(599, 'UpdateContainerResources', facts), (options) =>
      this.#runtime.updateContainerResources({ containerId, linux }, options),
    );
  }

  async reopenContainerLog(containerId: string): Promise<void> {
    const facts = { containerID: containerId };
    await this.#call(complain(1006, 'ReopenContainerLog', facts), (options) =>
      this.#runtime.reopenContainerLog({ containerId }, options),
    );
  }

  /** `seconds` is the command's time, 0 for any. */
  async execSync(containerId: string, cmd: string[], seconds: number): Promise<ExecSyncResponse> {
    const complaint = complain(636, 'ExecSync cmd', { containerID: containerId, cmd });
    const timeout = seconds === 0 ? {} : { timeout: this.#calls.timeout + seconds * 1000 };
    try {
      return await this.#calls.call({ ...timeout, complaint }, (options) =>
        this.#runtime.execSync({ containerId, cmd, timeout: BigInt(seconds) }, options),
      );
    } catch (error) {
      if (!(error instanceof SandglassError) || error.code !== 'deadline-exceeded') throw error;
      throw failure(
        `command timed out: ${quote(cmd.join(' '))} timed out after ${formatDuration(seconds * 1000)}`,
      );
    }
  }

  async exec(request: MessageInitShape<typeof ExecRequestSchema>): Promise<string> {
    const facts = { containerID: request.containerId ?? '', cmd: request.cmd ?? [] };
    const { url } = await this.#call(complain(672, 'Exec cmd', facts), (options) =>
      this.#runtime.exec(request, options),
    );
    return this.#requireUrl(url, 680, 'Exec');
  }

  async attach(request: MessageInitShape<typeof AttachRequestSchema>): Promise<string> {
    const facts = { containerID: request.containerId ?? '' };
    const { url } = await this.#call(complain(701, 'Attach container', facts), (options) =>
      this.#runtime.attach(request, options),
    );
    return this.#requireUrl(url, 709, 'Attach');
  }

  async portForward(podSandboxId: string): Promise<string> {
    const complaint = complain(730, 'PortForward', { podSandboxID: podSandboxId });
    const { url } = await this.#call(complaint, (options) =>
      this.#runtime.portForward({ podSandboxId }, options),
    );
    return this.#requireUrl(url, 738, 'PortForward');
  }

  async listContainerStats(
    filter: MessageInitShape<typeof ContainerStatsFilterSchema>,
  ): Promise<ContainerStats[]> {
    const complaint = complain(863, 'ListContainerStats with filter');
    const { stats } = await this.#call(complaint, (options) =>
      this.#runtime.listContainerStats({ filter }, options),
    );
    return stats;
  }

  async listPodSandboxStats(
    filter: MessageInitShape<typeof PodSandboxStatsFilterSchema>,
  ): Promise<PodSandboxStats[]> {
    const complaint = complain(954, 'ListPodSandboxStats with filter');
    const { stats } = await this.#call(complaint, (options) =>
      this.#runtime.listPodSandboxStats({ filter }, options),
    );
    return stats;
  }

  async listMetricDescriptors(): Promise<MetricDescriptor[]> {
    const { descriptors } = await this.#call(complain(1104, 'ListMetricDescriptors'), (options) =>
      this.#runtime.listMetricDescriptors({}, options),
    );
    return descriptors;
  }

  async listPodSandboxMetrics(): Promise<PodSandboxMetrics[]> {
    const { podMetrics } = await this.#call(complain(1127, 'ListPodSandboxMetrics'), (options) =>
      this.#runtime.listPodSandboxMetrics({}, options),
    );
    return podMetrics;
  }

  async status(verbose: boolean): Promise<StatusResponse> {
    const answer = await this.#call(complain(801, 'Status'), (options) =>
      this.#runtime.status({ verbose }, options),
    );
    if ((answer.status?.conditions.length ?? 0) < 2) {
      const error = failure('RuntimeReady or NetworkReady condition are not set');
      const place = 'remote_runtime.go:810';
      await this.#calls.complain({ place, message: 'Status failed' }, error);
      throw error;
    }
    return answer;
  }

  runtimeConfig(): Promise<RuntimeConfigResponse> {
    return this.#call(complain(1177, 'RuntimeConfig'), (options) =>
      this.#runtime.runtimeConfig({}, options),
    );
  }

  async updateRuntimeConfig(
    runtimeConfig: MessageInitShape<typeof RuntimeConfigSchema>,
  ): Promise<void> {
    await this.#call(undefined, (options) =>
      this.#runtime.updateRuntimeConfig({ runtimeConfig }, options),
    );
  }

  async checkpointContainer(
    request: MessageInitShape<typeof CheckpointContainerRequestSchema>,
  ): Promise<void> {
    const facts = { containerID: request.containerId ?? '' };
    const seconds = BigInt(Math.floor(this.#calls.timeout / 1000));
    await this.#call(complain(1049, 'CheckpointContainer', facts), (options) =>
      this.#runtime.checkpointContainer({ ...request, timeout: seconds }, options),
    );
  }

  /** Until the service ends them, or the caller does. */
  async *containerEvents(): AsyncGenerator<ContainerEventResponse, void, undefined> {
    const { signal } = this.#calls;
    const stream = this.#runtime.getContainerEvents({}, { signal });
    const iterator = stream[Symbol.asyncIterator]();
    try {
      for (;;) {
        const complaint = {
          place: 'remote_runtime.go:1086',
          message: 'failed to receive streaming container event',
        };
        const next = await this.#calls.call({ complaint }, () => iterator.next());
        if (next.done) {
          await this.#tellClosed();
          return;
        }
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  async #tellClosed(): Promise<void> {
    const complaint = {
      place: 'remote_runtime.go:1082',
      message: 'container events stream is closed',
    };
    await this.#calls.complain(complaint, new Error('EOF'));
  }

  #call<T>(
    complaint: ReturnType<typeof complain> | undefined,
    send: (options: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const { timeout } = this.#calls;
    return this.#calls.call({ timeout, ...(complaint && { complaint }) }, send);
  }

  async #requireUrl(url: string, line: number, what: string): Promise<string> {
    if (url !== '') return url;
    const error = failure('URL is not set');
    const complaint = { place: `remote_runtime.go:${line}`, message: `${what} failed` };
    await this.#calls.complain(complaint, error);
    throw error;
  }
}
