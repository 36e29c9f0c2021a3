import { SandglassError } from '#base/errors.ts';

/** An error that says when trying again makes sense (pkg/kubelet/container/sync_result.go, BackoffError). */
export class BackoffError extends SandglassError {
  /** Milliseconds since 1970. */
  readonly expiry: number;

  constructor(message: string, expiry: number) {
    super('unavailable', message);
    this.expiry = expiry;
  }
}

/** The reason with which starting a container failed, as its status shows it (pkg/kubelet/container/sync_result.go, pkg/kubelet/images/types.go). */
export type StartFailure =
  | 'CrashLoopBackOff'
  | 'ImagePullBackOff'
  | 'ImageInspectError'
  | 'ErrImagePull'
  | 'ErrImageNeverPull'
  | 'InvalidImageName'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'PostStartHookError'
  | 'PreCreateHookError'
  | 'PreStartHookError';

export function backoffExpiryOf(error: SandglassError): number | undefined {
  return error instanceof BackoffError ? error.expiry : undefined;
}
