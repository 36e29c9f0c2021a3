import { SandglassError } from '#base/errors.ts';
import { BackoffError, type StartFailure } from '#kubelet/sync-errors.ts';

export type SyncAction =
  'StartContainer' | 'KillContainer' | 'CreatePodSandbox' | 'ConfigPodSandbox' | 'KillPodSandbox';

export interface SyncFailure {
  action: SyncAction;
  /** Of the container, or the pod where it is the sandbox's. */
  target: string;
  reason: StartFailure | `${SyncAction}Error` | 'KillContainerError' | 'KillPodSandboxError';
  message: string;
  /** When trying again makes sense, milliseconds since 1970. */
  expiry?: number | undefined;
}

/** What came of a sync, step by step (pkg/kubelet/container/sync_result.go). */
export class PodSyncResult {
  readonly failures: SyncFailure[] = [];
  readonly startedContainers: string[] = [];
  /** Something of the pod was changed in the runtime, so its status will be another. */
  changed = false;

  fail(failure: SyncFailure): void {
    this.failures.push(failure);
  }

  /** Undefined when all went well; back-off alone says until when. */
  error(): SandglassError | undefined {
    if (this.failures.length === 0) return undefined;
    const texts = this.failures.map(
      ({ action, target, reason, message }) =>
        `failed to "${action}" for "${target}" with ${reason}: ${JSON.stringify(message)}`,
    );
    const message = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
    const expiries = this.failures
      .map(({ expiry }) => expiry)
      .filter((expiry) => expiry !== undefined);
    return expiries.length === this.failures.length
      ? new BackoffError(message, Math.min(...expiries))
      : new SandglassError('unknown', message);
  }
}
