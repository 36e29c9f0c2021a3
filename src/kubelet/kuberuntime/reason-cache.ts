import type { PodSyncResult } from './sync-result.ts';

interface Reason {
  reason: string;
  message: string;
}

/** Why containers do not start, for their status (pkg/kubelet/reason_cache.go). */
export class ReasonCache {
  readonly #reasons = new Map<string, Map<string, Reason>>();

  update(uid: string, result: PodSyncResult): void {
    const reasons = this.#reasons.get(uid) ?? new Map<string, Reason>();
    this.#reasons.set(uid, reasons);
    for (const name of result.startedContainers) reasons.delete(name);
    for (const { action, target, reason, message } of result.failures) {
      if (action === 'StartContainer') reasons.set(target, { reason, message });
    }
  }

  get(uid: string, container: string): Reason | undefined {
    return this.#reasons.get(uid)?.get(container);
  }

  forget(uid: string): void {
    this.#reasons.delete(uid);
  }
}
