import {
  type PodRef,
  type RecordOf,
  type SyncLoopSource,
  type TraceRecord,
  syncLoopSources,
} from '#base/trace-records.ts';
import type { TraceReader } from '#ui/state/trace.svelte.ts';
import { titleOf } from '#ui/xray/events/titles.ts';

/** The kubelet's managers that feed SyncLoop (src/kubelet/assembly.ts), and what each of them feeds. */
export const feeders = {
  'pod-config': ['config'],
  pleg: ['pleg'],
  'container-manager': ['container-manager'],
  clock: ['housekeeping', 'sync'],
  'probe-manager': ['startup', 'readiness', 'liveness'],
} as const satisfies Record<string, readonly SyncLoopSource[]>;

export type Feeder = keyof typeof feeders;

/** The managers that a pod worker's pass uses, as far as the trace tells of what they do. */
export const helpers = ['status-manager', 'image-manager', 'runtime-manager'] as const;

export type Helper = (typeof helpers)[number];

export interface Iteration {
  id: number;
  source: SyncLoopSource;
  operation: string;
  pods: readonly PodRef[];
  time: number;
}

/** The pass of a pod's worker that is under way, or the last. */
export interface Pass {
  pod: PodRef;
  phase: RecordOf<'pod-worker'>['phase'];
  /** Of the record that it began with. */
  id: number;
  begin: number;
  /** Absent while it is under way. */
  milliseconds?: number;
  error?: string;
}

export interface Deed {
  title: string;
  time: number;
  pod: PodRef | undefined;
}

/** Pods whose workers are shown: those whose last pass was longest ago go first. */
const podsShown = 40;

const ofImages: ReadonlySet<string> = new Set(['PullImage', 'RemoveImage']);
const ofRuntime: ReadonlySet<string> = new Set([
  'RunPodSandbox',
  'StopPodSandbox',
  'RemovePodSandbox',
  'CreateContainer',
  'StartContainer',
  'StopContainer',
  'RemoveContainer',
  'UpdateContainerResources',
]);

/** What came last through each of SyncLoop's sources, and what the kubelet made of it. */
export class LoopModel implements TraceReader {
  readonly #last = new Map<SyncLoopSource, Iteration>();
  readonly #passes = new Map<string, Pass>();
  readonly #deeds = new Map<Helper, Deed>();
  #latest: Iteration | undefined;

  get latest(): Iteration | undefined {
    return this.#latest;
  }

  /** The latest first. */
  get passes(): readonly Pass[] {
    return [...this.#passes.values()].reverse();
  }

  lastOf(source: SyncLoopSource): Iteration | undefined {
    return this.#last.get(source);
  }

  deedOf(helper: Helper): Deed | undefined {
    return this.#deeds.get(helper);
  }

  begin(): void {
    for (const map of [this.#last, this.#passes, this.#deeds]) map.clear();
    this.#latest = undefined;
  }

  retain(): void {
    // What was last stays what it was.
  }

  take(records: readonly TraceRecord[]): void {
    for (const record of records) this.#take(record);
  }

  #take(record: TraceRecord): void {
    switch (record.kind) {
      case 'sync-loop':
        this.#takeIteration(record);
        return;
      case 'pod-worker':
        this.#takePass(record);
        return;
      case 'cri-call':
        if (ofImages.has(record.method)) this.#note('image-manager', record);
        if (ofRuntime.has(record.method)) this.#note('runtime-manager', record);
        return;
      case 'api-write':
        if (record.userAgent === 'kubelet' && record.resource === 'pods')
          this.#note('status-manager', record);
    }
  }

  #takeIteration({ id, source, operation, pods, time }: RecordOf<'sync-loop'>): void {
    const iteration = { id, source, operation, pods, time };
    this.#last.set(source, iteration);
    // What the clock brings by itself is no news while nothing is due.
    const isIdle = pods.length === 0 && (source === 'sync' || source === 'housekeeping');
    if (!isIdle) this.#latest = iteration;
  }

  #takePass(record: RecordOf<'pod-worker'>): void {
    const { pod, phase, id, time } = record;
    if (!pod) return;
    const known = this.#passes.get(pod.uid);
    if (record.event === 'begin') {
      this.#passes.delete(pod.uid);
      this.#passes.set(pod.uid, { pod, phase, id, begin: time });
    } else if (known && known.id === record.parent) {
      const { milliseconds, error } = record;
      // The worker has done its last (pkg/kubelet/pod_workers.go, completeTerminated).
      if (phase === 'terminated' && !error) {
        this.#passes.delete(pod.uid);
        return;
      }
      const ended = { ...known, milliseconds, ...(error && { error: error.message }) };
      this.#passes.set(pod.uid, ended);
    }
    const [oldest] = this.#passes.keys();
    if (this.#passes.size > podsShown && oldest !== undefined) this.#passes.delete(oldest);
  }

  #note(helper: Helper, record: RecordOf<'cri-call' | 'api-write'>): void {
    this.#deeds.set(helper, { title: titleOf(record), time: record.time, pod: record.pod });
  }
}

/** The sources in the order in which they stand around the loop, from the top, clockwise. */
export const aroundTheLoop: readonly SyncLoopSource[] = Object.values(feeders).flat();

/** Of the source at a place around the loop, as a share of the whole turn. */
export function turnOf(source: SyncLoopSource): number {
  return aroundTheLoop.indexOf(source) / syncLoopSources.length;
}
