import type { TraceLinks, TraceRecord } from '#base/trace-records.ts';

/** Where something happens, from what a reader asks for down to what the kernel does. Each has a colour. */
export const layers = [
  ...(['api', 'scheduler', 'kubelet', 'shim', 'runtime', 'kernel'] as const),
  ...(['machine', 'ninep', 'frame'] as const),
] as const;

export type Layer = (typeof layers)[number];

/** Those that there is something of only where pods are virtual machines. */
export const machineLayers: ReadonlySet<Layer> = new Set(['machine', 'ninep', 'frame']);

export const eventKinds = [
  'api-write',
  'schedule',
  'sync-loop',
  'pod-worker',
  'cri-call',
  'stream',
  'cni',
  'oci',
  'agent-call',
  'ninep',
  'frame',
  'vm-traffic',
  'process',
  'lost',
] as const satisfies readonly TraceRecord['kind'][];

export type EventKind = (typeof eventKinds)[number];

/** What a reader sees as one thing that happened, of the one or more records that told of it. */
export interface TraceEvent {
  /** Of the record that it began with. */
  readonly id: number;
  readonly kind: EventKind;
  readonly layer: Layer;
  /** In the field's own terms, such as `RunPodSandbox` or `PATCH pods/web/status`. */
  title: string;
  /** Milliseconds since 1970 by the cluster's clock. */
  begin: number;
  /** Absent while it goes on; the same as `begin` of what takes no time. */
  end?: number;
  /** What it took, for what takes time: without the time that it was held. */
  milliseconds?: number;
  links: TraceLinks;
  /** It goes on by the clock, and says nothing new. */
  routine: boolean;
  error?: { code: string; message: string };
  /** The event that it follows from. */
  cause?: number;
  /** In the order of their ids. */
  records: readonly TraceRecord[];
}

/** When a record that an event is made of came: a figure's time goes from one to the next. */
export interface Moment {
  /** Of the record. */
  id: number;
  time: number;
  event: TraceEvent;
}

/** Events that a figure draws: all so far, or those up to a pause. */
export interface EventSet {
  /** In the order of the records they began with. */
  readonly all: readonly TraceEvent[];
  /** In the order of their records: time never goes back. */
  readonly moments: readonly Moment[];
  /** Changes whenever `moments` has lost some: what was made of them is to be made anew. */
  readonly generation: number;
  get(id: number): TraceEvent | undefined;
}

/** A pod's name, or the first digits of an id. */
export function subjectOf({ pod, containerId, sandboxId }: TraceLinks): string {
  return pod?.name ?? (containerId ?? sandboxId ?? '').slice(0, 12);
}
