import type { Clock } from '#base/clock.ts';
import type { SandglassError } from '#base/errors.ts';
import { fromConnectError } from '#kube/cri/errors.ts';
import type { PodStatusCache } from '#kubelet/container/cache.ts';
import type { ContainerState, PodStatus, RuntimePod } from '#kubelet/container/types.ts';
import { Pause, isOver } from '#kubelet/repeat.ts';

/** pkg/kubelet/pleg/pleg.go */
export type PodLifecycleEventType =
  'ContainerStarted' | 'ContainerDied' | 'ContainerRemoved' | 'ContainerChanged' | 'PodSync';

export interface PodLifecycleEvent {
  uid: string;
  type: PodLifecycleEventType;
  /** Of the container or sandbox, unless the whole pod is meant. */
  containerId?: string;
}

export interface PlegRuntime {
  /** All pods of the runtime, ended ones too. */
  getPods(signal: AbortSignal): Promise<readonly RuntimePod[]>;
  getPodStatus(pod: RuntimePod, signal: AbortSignal): Promise<PodStatus>;
}

export interface PlegOptions {
  runtime: PlegRuntime;
  cache: PodStatusCache;
  clock: Clock;
  onEvent: (event: PodLifecycleEvent) => void;
  /** Told of relists that failed. */
  onError: (error: SandglassError) => void;
}

export const relistPeriod = 1_000;
/** After so long without a relist the runtime counts as unhealthy. */
const relistThreshold = 180_000;

type PlegState = ContainerState | 'non-existent';

/**
 * Tells what became of containers by comparing what the runtime lists with what it listed before
 * (pkg/kubelet/pleg/generic.go).
 */
export class GenericPleg {
  readonly #options: PlegOptions;
  #records: ReadonlyMap<string, RuntimePod> = new Map();
  #lastRelist: number | undefined;
  /** Pods whose status could not be had: asked for again at the next relist. */
  #toReinspect = new Set<string>();
  readonly #pause = new Pause();
  #hurried = false;

  constructor(options: PlegOptions) {
    this.#options = options;
  }

  /** Relists every second until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!isOver(signal)) {
      this.#hurried = false;
      await this.relist(signal);
      if (!this.#isHurried()) await this.#pause.wait(this.#options.clock, relistPeriod, signal);
    }
  }

  /**
   * Has the next relist come at once. A worker asks after it started or stopped something, and so
   * learns what came of it without waiting for the period.
   */
  relistSoon(uid?: string): void {
    if (uid !== undefined) this.#toReinspect.add(uid);
    this.#hurried = true;
    this.#pause.cutShort();
  }

  /** Undefined while healthy; else upstream's sentence. */
  unhealthyBecause(): string | undefined {
    if (this.#lastRelist === undefined) return 'pleg has yet to be successful';
    const elapsed = this.#options.clock.now() - this.#lastRelist;
    if (elapsed <= relistThreshold) return undefined;
    return `pleg was last seen active ${elapsed / 1000}s ago; threshold is ${relistThreshold / 1000}s`;
  }

  async relist(signal: AbortSignal): Promise<void> {
    const { runtime, clock, cache, onError } = this.#options;
    const time = clock.now();
    const asking = cache.beginAsking();
    let pods: readonly RuntimePod[];
    try {
      pods = await runtime.getPods(signal);
    } catch (error) {
      if (!signal.aborted) onError(fromConnectError(error));
      return;
    }
    this.#lastRelist = time;
    const current = new Map(pods.map((pod) => [pod.uid, pod]));
    const previous = this.#records;
    const reinspect = this.#toReinspect;
    this.#toReinspect = new Set();
    const kept = new Map(current);
    const uids = new Set([...previous.keys(), ...current.keys(), ...reinspect]);
    await Promise.all(
      [...uids].map(async (uid) => {
        const [before, now] = [previous.get(uid), current.get(uid)];
        const events = podEvents(uid, before, now);
        if (events.length === 0 && !reinspect.has(uid)) return;
        try {
          await this.#updateCache(uid, now, asking, signal);
        } catch {
          // The same difference is found again next time.
          if (before) kept.set(uid, before);
          else kept.delete(uid);
          this.#toReinspect.add(uid);
          return;
        }
        for (const event of events) this.#tell(event);
      }),
    );
    if (signal.aborted) return;
    this.#records = kept;
    cache.complete(asking);
  }

  async #updateCache(
    uid: string,
    pod: RuntimePod | undefined,
    asking: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { runtime, cache } = this.#options;
    if (!pod) {
      cache.delete(uid);
      return;
    }
    try {
      const status = await runtime.getPodStatus(pod, signal);
      cache.set(uid, keepingAddresses(status, cache.get(uid)), asking);
    } catch (error) {
      if (!signal.aborted) cache.set(uid, { error }, asking);
      throw error;
    }
  }

  #tell(event: PodLifecycleEvent): void {
    // Nothing follows from these (generic.go, Relist).
    if (event.type !== 'ContainerChanged') this.#options.onEvent(event);
  }

  #isHurried(): boolean {
    return this.#hurried;
  }
}

/** A pod that has ended has no address any more, and keeps what it had (generic.go, getPodIPs). */
function keepingAddresses(status: PodStatus, before: PodStatus): PodStatus {
  if (status.ips.length > 0 || before.ips.length === 0) return status;
  const ready = status.sandboxes.some((sandbox) => sandbox.ready);
  return ready || status.sandboxes.length === 0 ? status : { ...status, ips: before.ips };
}

function podEvents(
  uid: string,
  before: RuntimePod | undefined,
  now: RuntimePod | undefined,
): PodLifecycleEvent[] {
  const old = statesOf(before);
  const current = statesOf(now);
  const events: PodLifecycleEvent[] = [];
  for (const id of new Set([...old.keys(), ...current.keys()])) {
    const types = eventTypes(old.get(id) ?? 'non-existent', current.get(id) ?? 'non-existent');
    for (const type of types) events.push({ uid, type, containerId: id });
  }
  return events;
}

function statesOf(pod: RuntimePod | undefined): Map<string, PlegState> {
  return new Map(
    [...(pod?.containers ?? []), ...(pod?.sandboxes ?? [])].map(({ id, state }) => [
      id,
      plegState(state),
    ]),
  );
}

/** Created counts as not yet there to be reported (convertState). */
function plegState(state: ContainerState): PlegState {
  return state === 'created' ? 'unknown' : state;
}

/** generic.go, generateEvents */
function eventTypes(before: PlegState, now: PlegState): PodLifecycleEventType[] {
  if (before === now) return [];
  switch (now) {
    case 'running':
      return ['ContainerStarted'];
    case 'exited':
      return ['ContainerDied'];
    case 'non-existent':
      return before === 'exited' ? ['ContainerRemoved'] : ['ContainerDied', 'ContainerRemoved'];
    default:
      return ['ContainerChanged'];
  }
}
