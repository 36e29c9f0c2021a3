import { SandglassError, asSandglassError } from '#base/errors.ts';
import {
  type ContainerConfig,
  ContainerEventType,
  type CreateContainerRequest,
  NamespaceMode,
  type Signal,
  SignalSchema,
} from '#kube/cri/api_pb.ts';
import { type CriContext, newId } from './context.ts';
import {
  containerDirectory,
  containerName,
  type ContainerRecord,
  stateName,
  stateOf,
} from './container-record.ts';
import { emitContainerEvent } from './emit-event.ts';
import type { SandboxRecord } from './sandbox-record.ts';
import { containerSpec } from './spec/container-spec.ts';
import { ContainerState } from '#kube/cri/api_pb.ts';

/** A container as data; the runtime hears of it when it is started, as with containerd. */
export async function createContainer(
  context: CriContext,
  request: CreateContainerRequest,
): Promise<string> {
  const { config, sandboxConfig } = request;
  const { podSandboxId } = request;
  const sandbox = context.sandboxes.get(
    podSandboxId,
    `failed to find sandbox id "${podSandboxId}"`,
  );
  if (sandbox.state !== 'ready') {
    throw new SandglassError('unknown', `sandbox container "${sandbox.id}" is not running`);
  }
  if (!config?.metadata) {
    throw new SandglassError('unknown', 'container config must include metadata');
  }
  if (!sandboxConfig?.metadata) {
    throw new SandglassError('unknown', 'pod sandbox config must include metadata');
  }
  const id = newId();
  const name = containerName(config, sandboxConfig);
  requireSignal(config.stopSignal);
  context.containers.reserve(name, id);
  try {
    const container = await describe(context, { id, name, config, sandbox, request });
    await context.containers.add(container);
    emitContainerEvent(context, container, ContainerEventType.CONTAINER_CREATED_EVENT);
    return id;
  } catch (error) {
    context.containers.release(name);
    throw error;
  }
}

/** One that the API knows, or none (containerd, internal/cri/server/container_stop_signal.go). */
function requireSignal(signal: Signal): void {
  if (signal in SignalSchema.value) return;
  throw new SandglassError(
    'invalid-argument',
    `unknown CRI stop signal ${signal}: invalid argument`,
  );
}

interface Wanted {
  id: string;
  name: string;
  config: ContainerConfig;
  sandbox: SandboxRecord;
  request: CreateContainerRequest;
}

async function describe(
  context: CriContext,
  { id, name, config, sandbox, request }: Wanted,
): Promise<ContainerRecord> {
  const sandboxConfig = request.sandboxConfig ?? sandbox.config;
  const imageName = config.image?.image ?? '';
  const image = await context.images.find(imageName);
  if (!image) {
    throw new SandglassError('not-found', `failed to resolve image "${imageName}": not found`);
  }
  const runtime = context.runtime(sandbox.runtimeHandler);
  const spec = await containerSpec({
    id,
    config,
    sandboxId: sandbox.id,
    sandboxConfig,
    sandboxPid: sandbox.pid,
    targetPid: targetPid(context, config, sandbox),
    image: image.config,
    imageName: config.image?.userSpecifiedImage || imageName,
    accounts: await context.accounts.of(image),
    hostname: await nodeHostname(context, sandboxConfig.hostname),
    recursiveReadOnly: runtime.features.recursiveReadOnlyMounts,
    agent: context.agent,
  }).catch((error: unknown) => {
    const { code, message } = asSandglassError(error);
    throw new SandglassError(code, `failed to generate container "${id}" spec: ${message}`, {
      cause: error,
    });
  });
  const directory = containerDirectory(id);
  const { logDirectory } = sandboxConfig;
  const hasLog = logDirectory !== '' && config.logPath !== '';
  return {
    id,
    name,
    sandboxId: sandbox.id,
    config,
    imageId: image.id,
    spec,
    rootfs: { layers: image.layers, upper: `${directory}/fs`, work: `${directory}/work` },
    logPath: hasLog ? `${logDirectory}/${config.logPath}` : undefined,
    stopSignal: image.config.StopSignal ?? '',
    createdAt: context.now(),
    startedAt: 0n,
    finishedAt: 0n,
    exitCode: 0,
    reason: '',
    message: '',
    pid: 0,
    busy: undefined,
    task: undefined,
    ended: undefined,
  };
}

/** The container whose processes it is to see must run, and in the same pod. */
function targetPid(
  context: CriContext,
  config: ContainerConfig,
  sandbox: SandboxRecord,
): number | undefined {
  const options = config.linux?.securityContext?.namespaceOptions;
  if (options?.pid !== NamespaceMode.TARGET) return undefined;
  const invalid = (why: string) =>
    new SandglassError('unknown', `invalid target container: ${why}`);
  const { targetId } = options;
  const attempt = `invalid target container: container "${targetId}" does not exist`;
  const target = context.containers.get(targetId, attempt);
  if (target.sandboxId !== sandbox.id) {
    throw invalid(
      `container "${target.id}" (sandbox ${target.sandboxId}) does not belong to sandbox ${sandbox.id}`,
    );
  }
  if (stateOf(target) !== ContainerState.CONTAINER_RUNNING) {
    throw invalid(`container "${target.id}" is not running - in state ${stateName(target)}`);
  }
  return target.pid;
}

async function nodeHostname({ agent }: CriContext, given: string): Promise<string> {
  if (given !== '') return given;
  return (await agent.files.readText('/proc/sys/kernel/hostname')).trim();
}
