/** What the runtime says of a pod, independent of the API (pkg/kubelet/container/runtime.go). Times are milliseconds since 1970. */

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown';

export interface ContainerMount {
  hostPath: string;
  containerPath: string;
}

export interface ContainerStatus {
  id: string;
  name: string;
  state: ContainerState;
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  /** As the user wrote it. */
  image: string;
  /** What it resolved to, with digest where there is one. */
  imageId: string;
  /** Of the container's definition when it was created. */
  hash: string;
  restartCount: number;
  reason: string;
  message: string;
  mounts: readonly ContainerMount[];
  user: ContainerUser | undefined;
}

/** Whom its first process runs as. */
export interface ContainerUser {
  uid: number;
  gid: number;
  supplementalGroups: readonly number[];
}

export interface SandboxStatus {
  id: string;
  ready: boolean;
  attempt: number;
  createdAt: number;
  ips: readonly string[];
  hostNetwork: boolean;
  runtimeHandler: string;
}

/** One pod's containers and sandboxes, the newest of each first. */
export interface PodStatus {
  uid: string;
  name: string;
  namespace: string;
  ips: readonly string[];
  containers: readonly ContainerStatus[];
  sandboxes: readonly SandboxStatus[];
}

/** A container or sandbox in a list of the runtime. */
export interface RuntimeContainer {
  id: string;
  name: string;
  state: ContainerState;
  createdAt: number;
}

/** A pod as the runtime lists it: all that PLEG needs, cheap to ask for. */
export interface RuntimePod {
  uid: string;
  name: string;
  namespace: string;
  createdAt: number;
  containers: readonly RuntimeContainer[];
  sandboxes: readonly RuntimeContainer[];
}

export function emptyPodStatus(uid: string, name = '', namespace = ''): PodStatus {
  return { uid, name, namespace, ips: [], containers: [], sandboxes: [] };
}

/** The newest container of that name. */
export function findContainerStatus(status: PodStatus, name: string): ContainerStatus | undefined {
  return status.containers.find((container) => container.name === name);
}

export function runningContainers(status: PodStatus): readonly ContainerStatus[] {
  return status.containers.filter(({ state }) => state === 'running');
}

/** pkg/kubelet/container/helpers.go, ConvertPodStatusToRunningPod */
export function runningPodOf(status: PodStatus): RuntimePod {
  return {
    uid: status.uid,
    name: status.name,
    namespace: status.namespace,
    createdAt: 0,
    containers: status.containers
      .filter(({ state }) => state === 'running' || state === 'unknown')
      .map(({ id, name, state, createdAt }) => ({ id, name, state, createdAt })),
    sandboxes: status.sandboxes.map(({ id, ready, createdAt }) => ({
      id,
      name: '',
      state: ready ? 'running' : 'exited',
      createdAt,
    })),
  };
}
