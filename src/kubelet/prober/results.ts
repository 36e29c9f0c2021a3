export type ProbeKind = 'liveness' | 'readiness' | 'startup';
export type ProbeResult = 'success' | 'failure' | 'unknown';

export interface ProbeUpdate {
  podUid: string;
  containerId: string;
  result: ProbeResult;
}

/** The last result of each container's probe of one kind (pkg/kubelet/prober/results/results_manager.go). */
export class ResultsManager {
  readonly #results = new Map<string, ProbeResult>();
  readonly #onUpdate: (update: ProbeUpdate) => void;

  constructor(onUpdate: (update: ProbeUpdate) => void) {
    this.#onUpdate = onUpdate;
  }

  get(containerId: string): ProbeResult | undefined {
    return this.#results.get(containerId);
  }

  /** Tells of a change only. */
  set(podUid: string, containerId: string, result: ProbeResult): void {
    if (this.#results.get(containerId) === result) return;
    this.#results.set(containerId, result);
    this.#onUpdate({ podUid, containerId, result });
  }

  remove(containerId: string): void {
    this.#results.delete(containerId);
  }
}
