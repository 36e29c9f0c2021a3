import { SandglassError } from '#base/errors.ts';
import type { ContainerStatus } from '#kube/types.ts';

/** The container whose log is meant; rejects where there is none yet (kubelet_pods.go, validateContainerLogStatus). */
export function containerForLogs(
  podName: string,
  container: string,
  status: ContainerStatus | undefined,
  previous: boolean,
): string {
  const { state, lastState } = status ?? {};
  const last = idOf(lastState?.terminated?.containerID);
  if (previous) {
    if (last !== undefined) return last;
    throw refused(`previous terminated container "${container}" in pod "${podName}" not found`);
  }
  const waiting = `container "${container}" in pod "${podName}" is waiting to start`;
  if (!status) throw refused(`container "${container}" in pod "${podName}" is not available`);
  const current =
    idOf(state?.running ? status.containerID : state?.terminated?.containerID) ?? last;
  if (current !== undefined) return current;
  const reason = state?.waiting?.reason;
  switch (reason) {
    case undefined:
      throw refused(`${waiting} - no logs yet`);
    case 'ErrImagePull':
      throw refused(`${waiting}: image can't be pulled`);
    case 'ImagePullBackOff':
      throw refused(`${waiting}: trying and failing to pull image`);
    default:
      throw refused(`${waiting}: ${reason}`);
  }
}

function idOf(containerId: string | undefined): string | undefined {
  const id = containerId?.split('://')[1];
  return id === '' ? undefined : id;
}

function refused(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}
