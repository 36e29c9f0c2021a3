import { formatTime } from '#kube/time.ts';
import type {
  Container,
  ContainerState,
  ContainerStatus as ApiContainerStatus,
  Pod,
  VolumeMount,
  VolumeMountStatus,
} from '#kube/types.ts';
import type { ContainerStatus, PodStatus } from '#kubelet/container/types.ts';
import { restartsAfter } from '#kubelet/kuberuntime/restart-policy.ts';
import { findApiStatus, initContainersOf, isRestartableInitContainer } from '#kubelet/pod-facts.ts';
import { resolveRecursiveReadOnly } from '#kubelet/recursive-read-only.ts';

export interface ContainerStatusContext {
  pod: Pod;
  podStatus: PodStatus;
  /** As the API knows them. */
  previous: readonly ApiContainerStatus[];
  isInit: boolean;
  /** Whether some regular container has ever been created. */
  hasInitialized: boolean;
  /** Why a container could not be started, if it could not. */
  reasonOf: (container: string) => { reason: string; message: string } | undefined;
  runtimeName: string;
  /** Whether the pod's runtime handler has recursive read-only mounts. */
  recursiveReadOnly: boolean;
}

const initializing = { reason: 'PodInitializing' };
const creating = { reason: 'ContainerCreating' };

/** The containers' states for the API (kubelet_pods.go, convertToAPIContainerStatuses). */
export function containerStatuses(
  containers: readonly Container[],
  context: ContainerStatusContext,
): ApiContainerStatus[] {
  return containers.map((container) => containerStatus(container, context));
}

function containerStatus(
  container: Container,
  context: ContainerStatusContext,
): ApiContainerStatus {
  const records = context.podStatus.containers.filter(({ name }) => name === container.name);
  const [newest, older] = records;
  const previous = findApiStatus(context.previous, container.name);
  if (!newest) return withoutRecord(container, previous, context);
  const status = convert(newest, container, previous, context);
  if (older) status.lastState = stateOf(older, context.runtimeName);
  else if (previous?.lastState?.terminated && previous.restartCount === newest.restartCount) {
    // Its record is gone from the runtime, not from the API.
    status.lastState = previous.lastState;
  }
  if (newest.state !== 'exited' && newest.state !== 'created') return status;
  return waitingToRestart(status, container, newest, context);
}

/** One that is to be started again waits, and says for what. */
function waitingToRestart(
  status: ApiContainerStatus,
  container: Container,
  { exitCode, state }: ContainerStatus,
  { pod, reasonOf, isInit }: ContainerStatusContext,
): ApiContainerStatus {
  const reason = reasonOf(container.name);
  if (!reason) return status;
  // One that was made but could not be started.
  if (state === 'created') return { ...status, state: { waiting: reason } };
  if (isInit && !isRestartableInitContainer(container) && exitCode === 0) return status;
  if (!restartsAfter(container, pod, exitCode)) return status;
  return {
    ...status,
    ...(status.state?.terminated && { lastState: status.state }),
    state: { waiting: reason },
    started: false,
  };
}

function withoutRecord(
  container: Container,
  previous: ApiContainerStatus | undefined,
  context: ContainerStatusContext,
): ApiContainerStatus {
  const { isInit, hasInitialized, pod, reasonOf } = context;
  const waits =
    !isInit && initContainersOf(pod).length > 0 && !hasInitialized
      ? initializing
      : isInit
        ? initializing
        : creating;
  const status: ApiContainerStatus = {
    name: container.name,
    state: { waiting: reasonOf(container.name) ?? waits },
    lastState: {},
    ready: false,
    started: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
    ...volumeMounts(container, context),
  };
  if (!previous) return status;
  if (
    previous.state?.terminated &&
    isInit &&
    !isRestartableInitContainer(container) &&
    hasInitialized
  ) {
    // Init containers that have done their work are removed; their state stays.
    return previous;
  }
  const gone = previous.state?.terminated ?? (previous.state?.running && lostState(previous));
  if (!gone)
    return { ...status, restartCount: previous.restartCount, lastState: previous.lastState ?? {} };
  return { ...status, restartCount: previous.restartCount, lastState: { terminated: gone } };
}

/** Of a container that ran when it was last seen and is gone without a trace. */
function lostState({ containerID, state }: ApiContainerStatus) {
  return {
    reason: 'ContainerStatusUnknown',
    message:
      'The container could not be located when the pod was deleted.  The container used to be Running',
    exitCode: 137,
    ...(state?.running?.startedAt !== undefined && { startedAt: state.running.startedAt }),
    ...(containerID !== undefined && { containerID }),
  };
}

function convert(
  record: ContainerStatus,
  container: Container,
  previous: ApiContainerStatus | undefined,
  context: ContainerStatusContext,
): ApiContainerStatus {
  const { runtimeName } = context;
  const { requests } = container.resources ?? {};
  const running = record.state === 'running';
  return {
    name: record.name,
    state: stateOf(record, runtimeName),
    lastState: {},
    ready: false,
    started: false,
    restartCount: Math.max(record.restartCount, previous?.restartCount ?? 0),
    image: record.image,
    imageID: record.imageId,
    containerID: `${runtimeName}://${record.id}`,
    ...(running && { resources: container.resources ?? {} }),
    ...(running &&
      requests &&
      Object.keys(requests).length > 0 && { allocatedResources: requests }),
    ...volumeMounts(container, context),
    ...(running && record.user && { user: { linux: linuxUser(record.user) } }),
  };
}

function linuxUser({ uid, gid, supplementalGroups }: NonNullable<ContainerStatus['user']>) {
  return {
    uid,
    gid,
    ...(supplementalGroups.length > 0 && { supplementalGroups: [...supplementalGroups] }),
  };
}

function volumeMounts(
  { volumeMounts: mounts = [] }: Container,
  { recursiveReadOnly }: ContainerStatusContext,
): { volumeMounts?: VolumeMountStatus[] } {
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      ...(mount.readOnly !== undefined && { readOnly: mount.readOnly }),
      ...(mount.readOnly && { recursiveReadOnly: recursionOf(mount, recursiveReadOnly) }),
    })),
  };
}

function recursionOf(mount: VolumeMount, supported: boolean): 'Enabled' | 'Disabled' {
  try {
    return resolveRecursiveReadOnly(mount, supported) ? 'Enabled' : 'Disabled';
  } catch {
    // A container that was refused for it has no such mount.
    return 'Disabled';
  }
}

function stateOf(record: ContainerStatus, runtimeName: string): ContainerState {
  switch (record.state) {
    case 'running':
      return { running: { startedAt: formatTime(record.startedAt) } };
    case 'created':
      return { waiting: creating };
    case 'exited':
      return {
        terminated: {
          exitCode: record.exitCode,
          ...(record.reason !== '' && { reason: record.reason }),
          ...(record.message !== '' && { message: record.message }),
          startedAt: formatTime(record.startedAt),
          finishedAt: formatTime(record.finishedAt),
          containerID: `${runtimeName}://${record.id}`,
        },
      };
    case 'unknown':
      return {
        terminated: {
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was terminated',
          exitCode: 137,
          containerID: `${runtimeName}://${record.id}`,
        },
      };
  }
}
