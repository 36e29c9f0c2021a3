import type { Clock } from '#base/clock.ts';
import type { ContainerStatus, Pod, PodStatus, Probe } from '#kube/types.ts';
import type { ProbeVerdicts } from '#kubelet/kuberuntime/compute-pod-actions.ts';
import {
  allContainersOf,
  containersOf,
  findContainer,
  initContainersOf,
  isRestartableInitContainer,
  uidOf,
} from '#kubelet/pod-facts.ts';
import type { ReadinessSource } from '#kubelet/status/pod-status-generator.ts';
import type { Prober } from './prober.ts';
import { type ProbeKind, type ProbeUpdate, ResultsManager } from './results.ts';
import { ProbeWorker } from './worker.ts';

const kinds = ['startup', 'readiness', 'liveness'] as const;
const fields = {
  startup: 'startupProbe',
  readiness: 'readinessProbe',
  liveness: 'livenessProbe',
} as const;

export interface ProbeManagerOptions {
  prober: Prober;
  clock: Clock;
  random: () => number;
  statusOf: (uid: string) => PodStatus | undefined;
  onUpdate: (kind: ProbeKind, update: ProbeUpdate) => void;
  onError: (error: unknown) => void;
}

/** A worker for each probe of each pod, and what came of them (pkg/kubelet/prober/prober_manager.go). */
export class ProbeManager implements ReadinessSource, ProbeVerdicts {
  readonly #options: ProbeManagerOptions;
  readonly #results: Readonly<Record<ProbeKind, ResultsManager>>;
  readonly #workers = new Map<
    string,
    { uid: string; kind: ProbeKind; container: string; worker: ProbeWorker }
  >();
  readonly #startTime: number;

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
    this.#startTime = options.clock.wallTime();
    const manager = (kind: ProbeKind) =>
      new ResultsManager((update) => options.onUpdate(kind, update));
    this.#results = {
      startup: manager('startup'),
      readiness: manager('readiness'),
      liveness: manager('liveness'),
    };
  }

  /** Starts what workers the pod lacks. */
  addPod(pod: Pod): void {
    const sidecars = initContainersOf(pod).filter(isRestartableInitContainer);
    for (const container of [...containersOf(pod), ...sidecars]) {
      for (const kind of kinds) {
        const probe = container[fields[kind]];
        if (probe) this.#add(pod, container.name, kind, probe);
      }
    }
  }

  /** For a pod that is being terminated: it is not restarted any more, but readiness still counts. */
  stopLivenessAndStartup(pod: Pod): void {
    this.#stop((uid, kind) => uid === uidOf(pod) && kind !== 'readiness');
  }

  removePod(pod: Pod): void {
    this.#stop((uid) => uid === uidOf(pod));
  }

  cleanupPods(desired: ReadonlySet<string>): void {
    this.#stop((uid) => !desired.has(uid));
  }

  stopAll(): void {
    this.#stop(() => true);
  }

  livenessFailed(containerId: string): boolean {
    return this.#results.liveness.get(containerId) === 'failure';
  }

  startupFailed(containerId: string): boolean {
    return this.#results.startup.get(containerId) === 'failure';
  }

  startupSucceeded(containerId: string): boolean {
    return this.#results.startup.get(containerId) === 'success';
  }

  updateStatuses(pod: Pod, statuses: ContainerStatus[], init: ContainerStatus[]): void {
    for (const status of statuses) this.#judge(pod, status);
    for (const status of init) {
      const container = findContainer(pod, status.name);
      if (container && isRestartableInitContainer(container)) {
        this.#judge(pod, status);
      } else {
        status.ready = status.state?.terminated?.exitCode === 0;
        status.started = status.state?.running !== undefined;
      }
    }
  }

  /** A startup probe that has succeeded lets the others begin (UpdatePodStatus and triggers). */
  triggerReadiness(uid: string): void {
    for (const entry of this.#workers.values()) {
      if (entry.uid === uid && entry.kind !== 'startup') entry.worker.trigger();
    }
  }

  #judge(pod: Pod, status: ContainerStatus): void {
    const id = /:\/\/(.+)$/.exec(status.containerID ?? '')?.[1];
    const running = status.state?.running !== undefined;
    status.started = running && id !== undefined && this.#isStarted(pod, status.name, id);
    if (!running || !status.started || id === undefined) {
      status.ready = false;
      return;
    }
    const probed = findContainer(pod, status.name)?.readinessProbe !== undefined;
    const result = this.#results.readiness.get(id);
    // Before its first probe a container is not ready, unless it was before the kubelet's restart.
    status.ready = result === undefined ? !probed || wasReady(pod, id) : result === 'success';
    if (!status.ready && probed)
      this.#workers.get(keyOf(uidOf(pod), status.name, 'readiness'))?.worker.trigger();
  }

  #isStarted(pod: Pod, name: string, id: string): boolean {
    if (!findContainer(pod, name)?.startupProbe) return true;
    const result = this.#results.startup.get(id);
    if (result !== undefined) return result === 'success';
    // Known to have started before the kubelet was restarted.
    const statuses = [
      ...(pod.status?.initContainerStatuses ?? []),
      ...(pod.status?.containerStatuses ?? []),
    ];
    return statuses.some(
      ({ containerID, started }) => containerID?.endsWith(`://${id}`) === true && started === true,
    );
  }

  #add(pod: Pod, container: string, kind: ProbeKind, probe: Probe): void {
    const uid = uidOf(pod);
    const key = keyOf(uid, container, kind);
    const spec = allContainersOf(pod).find(({ name }) => name === container);
    if (this.#workers.has(key) || !spec) return;
    const { prober, clock, random, statusOf, onError } = this.#options;
    const worker = new ProbeWorker({
      kind,
      pod,
      container: spec,
      probe,
      prober,
      results: this.#results[kind],
      clock,
      random,
      statusOf,
      restarted:
        clock.wallTime() - this.#startTime < (probe.periodSeconds ?? 10) * 1000 &&
        wasStarted(pod, container),
    });
    this.#workers.set(key, { uid, kind, container, worker });
    void worker
      .run()
      .catch(onError)
      .finally(() => {
        if (this.#workers.get(key)?.worker === worker) this.#workers.delete(key);
      });
  }

  #stop(matches: (uid: string, kind: ProbeKind) => boolean): void {
    for (const [key, { uid, kind, worker }] of [...this.#workers]) {
      if (!matches(uid, kind)) continue;
      worker.stop();
      this.#workers.delete(key);
    }
  }
}

function keyOf(uid: string, container: string, kind: ProbeKind): string {
  return `${uid}/${container}/${kind}`;
}

function wasStarted(pod: Pod, container: string): boolean {
  return (
    pod.status?.containerStatuses?.some(
      ({ name, started }) => name === container && started === true,
    ) ?? false
  );
}

function wasReady(pod: Pod, id: string): boolean {
  const statuses = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
  return statuses.some(
    ({ containerID, ready }) => containerID?.endsWith(`://${id}`) === true && ready,
  );
}
