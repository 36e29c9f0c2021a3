import { crictlConfig } from './crictl-config.ts';
import { commandLine, hereDocument } from './shell.ts';

/** The fields of requests that a command line names, as protobuf's JSON has them. */
interface Request {
  podSandboxId?: string;
  containerId?: string;
  imageFsPath?: string;
  runtimeHandler?: string;
  timeout?: string;
  location?: string;
  cmd?: readonly string[];
  tty?: boolean;
  stdin?: boolean;
  verbose?: boolean;
  port?: readonly number[];
  image?: { image?: string };
  config?: unknown;
  sandboxConfig?: unknown;
  filter?: Filter;
  linux?: {
    cpuPeriod?: string;
    cpuQuota?: string;
    cpuShares?: string;
    memoryLimitInBytes?: string;
  };
}

interface Filter {
  id?: string;
  podSandboxId?: string;
  state?: string | { state?: string };
  labelSelector?: Readonly<Record<string, string>>;
}

const podFile = 'pod.json';
const containerFile = 'container.json';

/** The command line of crictl that makes the same call; nothing for one that crictl has no command for. */
export function crictlCommand(method: string, request: unknown): string | undefined {
  const asked = (request ?? {}) as Request;
  const { podSandboxId, containerId, image } = asked;
  const crictl = (...words: (string | undefined)[]) => commandLine('crictl', ...words);
  switch (method) {
    case 'Version':
      return crictl('version');
    case 'Status':
      return crictl('info');
    case 'RuntimeConfig':
      return crictl('runtime-config');
    case 'RunPodSandbox':
      return runp(asked);
    case 'StopPodSandbox':
      return crictl('stopp', podSandboxId);
    case 'RemovePodSandbox':
      return crictl('rmp', podSandboxId);
    case 'PodSandboxStatus':
      return crictl('inspectp', podSandboxId);
    case 'ListPodSandbox':
    case 'StreamPodSandboxes':
      return crictl('pods', ...filterFlags(asked.filter));
    case 'CreateContainer':
      return create(asked);
    case 'StartContainer':
      return crictl('start', containerId);
    case 'StopContainer':
      return crictl('stop', '--timeout', asked.timeout ?? '0', containerId);
    case 'RemoveContainer':
      return crictl('rm', containerId);
    case 'ContainerStatus':
      return crictl('inspect', containerId);
    case 'ListContainers':
    case 'StreamContainers':
      return crictl('ps', '-a', ...filterFlags(asked.filter));
    case 'UpdateContainerResources':
      return update(asked);
    case 'ReopenContainerLog':
      return crictl('logs', '--reopen', containerId);
    case 'ExecSync':
      return crictl('exec', '--sync', ...timeoutFlag(asked), containerId, ...(asked.cmd ?? []));
    case 'Exec':
      return crictl('exec', ...streamFlags(asked), containerId, ...(asked.cmd ?? []));
    case 'Attach':
      return crictl('attach', ...streamFlags(asked), containerId);
    case 'PortForward':
      return crictl('port-forward', podSandboxId, ...(asked.port ?? []).map(String));
    case 'ContainerStats':
      return crictl('stats', '--id', containerId);
    case 'ListContainerStats':
    case 'StreamContainerStats':
      return crictl('stats', '-a');
    case 'PodSandboxStats':
      return crictl('statsp', '--id', podSandboxId);
    case 'ListPodSandboxStats':
    case 'StreamPodSandboxStats':
      return crictl('statsp');
    case 'CheckpointContainer':
      return crictl('checkpoint', '--export', asked.location, containerId);
    case 'GetContainerEvents':
      return crictl('events');
    case 'ListMetricDescriptors':
      return crictl('metricdescs');
    case 'ListPodSandboxMetrics':
    case 'StreamPodSandboxMetrics':
      return crictl('metricsp');
    case 'ListImages':
    case 'StreamImages':
      return crictl('images');
    case 'ImageStatus':
      return crictl('inspecti', image?.image);
    case 'PullImage':
      return crictl('pull', image?.image);
    case 'RemoveImage':
      return crictl('rmi', image?.image);
    case 'ImageFsInfo':
      return crictl('imagefsinfo');
    default:
      return undefined;
  }
}

function runp({ config, runtimeHandler }: Request): string {
  const handler = runtimeHandler ? ['--runtime', runtimeHandler] : [];
  return [
    hereDocument(podFile, crictlConfig(config)),
    commandLine('crictl', 'runp', ...handler, podFile),
  ].join('\n');
}

function create({ podSandboxId, config, sandboxConfig }: Request): string {
  return [
    hereDocument(podFile, crictlConfig(sandboxConfig)),
    hereDocument(containerFile, crictlConfig(config)),
    commandLine('crictl', 'create', podSandboxId, containerFile, podFile),
  ].join('\n');
}

function update({ containerId, linux = {} }: Request): string {
  const flags = [
    ['--cpu-period', linux.cpuPeriod],
    ['--cpu-quota', linux.cpuQuota],
    ['--cpu-share', linux.cpuShares],
    ['--memory', linux.memoryLimitInBytes],
  ].flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  return commandLine('crictl', 'update', ...flags, containerId);
}

function timeoutFlag({ timeout }: Request): string[] {
  return timeout === undefined ? [] : ['--timeout', timeout];
}

function streamFlags({ tty, stdin }: Request): string[] {
  return [...(stdin ? ['-i'] : []), ...(tty ? ['-t'] : [])];
}

function filterFlags({ id, podSandboxId, state, labelSelector = {} }: Filter = {}): string[] {
  const wanted = typeof state === 'object' ? state.state : state;
  return [
    ...(id ? ['--id', id] : []),
    ...(podSandboxId ? ['--pod', podSandboxId] : []),
    ...(wanted ? ['--state', wanted.replace(/^(SANDBOX|CONTAINER)_/, '').toLowerCase()] : []),
    ...Object.entries(labelSelector).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
  ];
}
