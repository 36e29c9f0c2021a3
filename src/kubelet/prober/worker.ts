import { type Clock, sleep } from '#base/clock.ts';
import { timeOf } from '#kube/time.ts';
import type { Container, ContainerStatus, Pod, PodStatus, Probe } from '#kube/types.ts';
import { findApiStatus, isRestartableInitContainer, uidOf } from '#kubelet/pod-facts.ts';
import type { Prober } from './prober.ts';
import type { ProbeKind, ProbeResult, ResultsManager } from './results.ts';

export interface ProbeWorkerOptions {
  kind: ProbeKind;
  pod: Pod;
  container: Container;
  probe: Probe;
  prober: Prober;
  results: ResultsManager;
  clock: Clock;
  random: () => number;
  statusOf: (uid: string) => PodStatus | undefined;
  /** Spreads the first probes after a restart of the kubelet over a period. */
  restarted: boolean;
}

/** Probes one container in one way for as long as the pod lives (pkg/kubelet/prober/worker.go). */
export class ProbeWorker {
  readonly #options: ProbeWorkerOptions;
  readonly #stop = new AbortController();
  #containerId: string | undefined;
  #lastResult: ProbeResult | undefined;
  #resultRun = 0;
  /** After a result that restarts the container, until the new one is there. */
  #onHold = false;
  #hurry: (() => void) | undefined;
  #triggered = false;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Probes now rather than at the next period, as readiness is when startup has succeeded. */
  trigger(): void {
    this.#triggered = true;
    this.#hurry?.();
  }

  async run(): Promise<void> {
    const { signal } = this.#stop;
    const period = (this.#options.probe.periodSeconds ?? 10) * 1000;
    try {
      if (this.#options.restarted) await this.#pause(this.#options.random() * period);
      const { clock } = this.#options;
      // As Go's ticker: probes that take long do not shift those that follow, and one tick at most waits for them.
      let tick = clock.now() + period;
      while (await this.#doProbe(signal)) {
        const wait = tick - clock.now();
        if (!this.#triggered && wait > 0) await this.#pause(wait);
        if (this.#triggered) tick = clock.now();
        this.#triggered = false;
        // Timers of the platform may fire a fraction of a millisecond early: the tick waited for is past even then.
        do tick += period;
        while (tick <= clock.now());
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (this.#containerId !== undefined) this.#options.results.remove(this.#containerId);
    }
  }

  /** False when there will be nothing to probe any more. */
  async #doProbe(signal: AbortSignal): Promise<boolean> {
    const { kind, pod, container, probe, results, clock, prober } = this.#options;
    const status = this.#options.statusOf(uidOf(pod));
    if (!status) return true;
    if (status.phase === 'Failed' || status.phase === 'Succeeded') return false;
    const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const current = findApiStatus(statuses, container.name);
    const id = /:\/\/(.+)$/.exec(current?.containerID ?? '')?.[1];
    if (!current || id === undefined) return true;
    if (id !== this.#containerId) this.#adopt(id, current);
    if (this.#onHold) return true;
    if (!current.state?.running) {
      if (this.#containerId !== undefined) results.set(uidOf(pod), id, 'failure');
      return mayRestart(pod, container, current.state?.terminated?.exitCode);
    }
    if (kind !== 'startup' && current.started !== true) return true;
    const running = clock.wallTime() - timeOf(current.state.running.startedAt ?? undefined);
    if (running < (probe.initialDelaySeconds ?? 0) * 1000) return true;
    // Done once and for all.
    if (kind === 'startup' && current.started === true) return true;
    const podIP = status.podIP ?? '';
    const result = await prober.probe(
      kind,
      probe,
      { pod, container, containerId: id, podIP },
      signal,
    );
    this.#settle(id, result);
    return true;
  }

  #adopt(id: string, current: ContainerStatus): void {
    const { results, pod, kind } = this.#options;
    const isFirst = this.#containerId === undefined;
    if (this.#containerId !== undefined) results.remove(this.#containerId);
    this.#containerId = id;
    // A restarted kubelet takes over what the last one found.
    const known =
      isFirst &&
      ((kind === 'readiness' && current.ready) || (kind === 'startup' && current.started));
    results.set(uidOf(pod), id, known ? 'success' : initialResults[kind]);
    this.#onHold = false;
    this.#lastResult = undefined;
    this.#resultRun = 0;
  }

  #settle(id: string, result: ProbeResult): void {
    const { kind, probe, results, pod } = this.#options;
    if (result === 'unknown') return;
    this.#resultRun = this.#lastResult === result ? this.#resultRun + 1 : 1;
    this.#lastResult = result;
    const threshold =
      result === 'failure' ? (probe.failureThreshold ?? 3) : (probe.successThreshold ?? 1);
    if (this.#resultRun < threshold) return;
    results.set(uidOf(pod), id, result);
    if (result === 'failure' && kind !== 'readiness') {
      this.#onHold = true;
      this.#resultRun = 0;
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const early = new AbortController();
    this.#hurry = () => early.abort();
    const both = AbortSignal.any([this.#stop.signal, early.signal]);
    await sleep(this.#options.clock, milliseconds, both).catch((error: unknown) => {
      if (this.#stop.signal.aborted) throw error;
    });
    this.#hurry = undefined;
  }
}

/** Before the first probe: alive, but not ready, and not started. */
const initialResults: Readonly<Record<ProbeKind, ProbeResult>> = {
  liveness: 'success',
  readiness: 'failure',
  startup: 'unknown',
};

function mayRestart(pod: Pod, container: Container, exitCode: number | undefined): boolean {
  if (exitCode === undefined || isRestartableInitContainer(container)) return true;
  const policy = pod.spec?.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
