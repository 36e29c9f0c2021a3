import { create } from '@bufbuild/protobuf';
import {
  ContainerState,
  type ContainerStatus,
  ContainerStatusSchema,
  PodSandboxState,
  type PodSandboxStatus,
  PodSandboxStatusSchema,
  Signal,
  SignalSchema,
} from '#kube/cri/api_pb.ts';
import { goJson } from '#kube/cri/go-json.ts';
import { type ContainerRecord, stateOf } from './container-record.ts';
import type { CriContext } from './context.ts';
import { type SandboxRecord, sandboxAddresses } from './sandbox-record.ts';
import { stopSignalName } from './stop-container.ts';

export function sandboxState({ state }: SandboxRecord): PodSandboxState {
  return state === 'ready' ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
}

export function sandboxStatus(sandbox: SandboxRecord): PodSandboxStatus {
  const { id, config, createdAt, runtimeHandler } = sandbox;
  const [ip = '', ...others] = sandboxAddresses(sandbox);
  const options = config.linux?.securityContext?.namespaceOptions;
  return create(PodSandboxStatusSchema, {
    id,
    ...(config.metadata && { metadata: config.metadata }),
    state: sandboxState(sandbox),
    createdAt,
    network: { ip, additionalIps: others.map((other) => ({ ip: other })) },
    linux: { namespaces: { ...(options && { options }) } },
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler,
  });
}

/** What `crictl inspectp` shows, with containerd's keys (podsandbox/types). */
export function sandboxInfo(sandbox: SandboxRecord): Record<string, string> {
  const { pid, state, config, network, runtimeHandler } = sandbox;
  const info = {
    pid,
    processStatus: state === 'ready' ? 'running' : 'deleted',
    netNamespaceClosed: state !== 'ready',
    runtimeHandler,
    config: goJson(config),
    cniResult: network,
  };
  return { info: JSON.stringify(info) };
}

export async function containerStatus(
  context: CriContext,
  container: ContainerRecord,
): Promise<ContainerStatus> {
  const { id, config, imageId, logPath = '', spec } = container;
  const state = stateOf(container);
  const running = state !== ContainerState.CONTAINER_CREATED;
  const image = await context.images.find(imageId);
  const name = image?.repoTags[0] ?? image?.repoDigests[0];
  const { uid, gid, additionalGids = [] } = spec.process.user;
  return create(ContainerStatusSchema, {
    id,
    ...(config.metadata && { metadata: config.metadata }),
    state,
    createdAt: container.createdAt,
    startedAt: running ? container.startedAt : 0n,
    finishedAt: container.finishedAt,
    exitCode: container.exitCode,
    ...(name !== undefined
      ? { image: { image: name } }
      : { ...(config.image && { image: config.image }) }),
    imageRef: image?.repoDigests[0] ?? imageId,
    imageId,
    reason: reasonOf(container),
    message: container.message,
    labels: config.labels,
    annotations: config.annotations,
    mounts: config.mounts,
    logPath,
    ...(config.linux?.resources && { resources: { linux: config.linux.resources } }),
    user: {
      linux: {
        uid: BigInt(uid),
        gid: BigInt(gid),
        supplementalGroups: additionalGids.map(BigInt),
      },
    },
    stopSignal: stopSignalValue(container),
  });
}

function reasonOf(container: ContainerRecord): string {
  const { reason, exitCode } = container;
  if (reason !== '' || stateOf(container) !== ContainerState.CONTAINER_EXITED) return reason;
  return exitCode === 0 ? 'Completed' : 'Error';
}

function stopSignalValue(container: ContainerRecord): Signal {
  const name = stopSignalName(container).replace('+', 'PLUS').replace('-', 'MINUS');
  const value = SignalSchema.values.find((candidate) => candidate.name === name);
  return (value?.number as Signal | undefined) ?? Signal.SIGTERM;
}

/** What `crictl inspect` shows, with containerd's keys (container_status.go). */
export function containerInfo(container: ContainerRecord): Record<string, string> {
  const { sandboxId, pid, busy, config, spec } = container;
  const info = {
    sandboxID: sandboxId,
    pid,
    removing: busy === 'removing',
    config: goJson(config),
    runtimeSpec: spec,
  };
  return { info: JSON.stringify(info) };
}
