import type { PodRef, RecordOf, TraceRecord } from '#base/trace-records.ts';
import type { TraceReader } from '#ui/state/trace.svelte.ts';
import { Causes } from './causes.ts';
import { isRoutine } from './routine.ts';
import { titleOf } from './titles.ts';
import {
  type EventSet,
  type Layer,
  type Moment,
  type TraceEvent,
  machineLayers,
} from './trace-event.ts';

export const layerOf: Readonly<Record<TraceEvent['kind'], Layer>> = {
  'api-write': 'api',
  schedule: 'scheduler',
  'sync-loop': 'kubelet',
  'pod-worker': 'kubelet',
  'cri-call': 'shim',
  stream: 'shim',
  cni: 'runtime',
  oci: 'runtime',
  'agent-call': 'machine',
  ninep: 'ninep',
  frame: 'frame',
  'vm-traffic': 'machine',
  process: 'kernel',
  lost: 'kernel',
};

/** A process that lives longer, in milliseconds, is shown with its beginning and its end apart. */
const shortLife = 2_000;

/** Events among which those are looked for that an event told of at its end may have caused. */
const recently = 200;

/** What happened, put together from the trace's records as they come. */
export class TraceEvents implements TraceReader, EventSet {
  #events: TraceEvent[] = [];
  #moments: Moment[] = [];
  #open = new Map<number, TraceEvent>();
  #processes = new Map<number, TraceEvent>();
  #byId = new Map<number, TraceEvent>();
  #causes = new Causes();
  #pods = new Map<string, PodRef>();
  #generation = 0;
  #beginnings = 0;
  #hasMachines = false;

  get all(): readonly TraceEvent[] {
    return this.#events;
  }

  get moments(): readonly Moment[] {
    return this.#moments;
  }

  /** Those that the events are about, by their uids. */
  get pods(): ReadonlyMap<string, PodRef> {
    return this.#pods;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Changes with another cluster or worker: no event before is one of now. */
  get beginnings(): number {
    return this.#beginnings;
  }

  /** Whether a pod has been a virtual machine. */
  get hasMachines(): boolean {
    return this.#hasMachines;
  }

  /** The events of now, which stay when the trace has no more room for them. */
  snapshot(): EventSet {
    const byId = new Map(this.#byId);
    return {
      all: [...this.#events],
      moments: [...this.#moments],
      generation: this.#generation,
      get: (id) => byId.get(id),
    };
  }

  get(id: number): TraceEvent | undefined {
    return this.#byId.get(id);
  }

  begin(): void {
    this.#events = [];
    this.#moments = [];
    this.#open = new Map();
    this.#processes = new Map();
    this.#byId = new Map();
    this.#causes = new Causes();
    this.#pods = new Map();
    this.#generation++;
    this.#beginnings++;
    this.#hasMachines = false;
  }

  take(records: readonly TraceRecord[]): void {
    for (const record of records) this.#take(record);
  }

  retain(isKept: (id: number) => boolean): void {
    const kept = new Set(this.#events.filter(({ id }) => isKept(id)));
    this.#events = [...kept];
    this.#moments = this.#moments.filter(({ event }) => kept.has(event));
    this.#byId = new Map(this.#events.map((event) => [event.id, event]));
    for (const map of [this.#open, this.#processes])
      for (const [id, event] of map) if (!kept.has(event)) map.delete(id);
    this.#causes.retain((event) => kept.has(event));
    this.#pods = new Map();
    for (const { links } of kept) this.#know(links.pod);
    this.#generation++;
  }

  #take(record: TraceRecord): void {
    switch (record.kind) {
      case 'cri-call':
      case 'agent-call':
        this.#open.set(record.id, this.#add(record, { kind: record.kind }));
        return;
      case 'pod-worker':
        if (record.event === 'end') this.#end(record);
        else this.#open.set(record.id, this.#add(record, { kind: record.kind }));
        return;
      case 'cri-message':
        this.#touch(this.#open.get(record.parent ?? 0), record);
        return;
      case 'cri-return':
        this.#end(record);
        return;
      case 'agent-return':
        // A call that waits for what comes next is told of when it has come.
        if (record.parent === undefined)
          this.#add(record, { kind: 'agent-call', end: record.time });
        else this.#end(record);
        return;
      case 'stream':
        this.#takeStream(record);
        return;
      case 'process':
        this.#takeProcess(record);
        return;
      case 'cni':
      case 'oci':
        this.#causes.adopt(this.#addWhole(record), this.#events.slice(-recently));
        return;
      case 'schedule':
      case 'ninep':
        this.#addWhole(record);
        return;
      default:
        this.#add(record, { kind: record.kind, end: record.time });
    }
  }

  /** Of what is told of when it has ended. */
  #addWhole(record: RecordOf<'cni' | 'oci' | 'schedule' | 'ninep'>): TraceEvent {
    const { milliseconds = 0 } = record;
    const begin = record.time - milliseconds;
    return this.#add(record, { kind: record.kind, begin, end: record.time, milliseconds });
  }

  #add(
    record: TraceRecord,
    { kind, ...more }: Pick<TraceEvent, 'kind'> & Partial<TraceEvent>,
  ): TraceEvent {
    const { id, time } = record;
    const { pod, sandboxId, containerId, pid } = record;
    const event: TraceEvent = {
      id,
      kind,
      layer: (record.kind === 'lost' && record.detail) || layerOf[kind],
      title: titleOf(record),
      begin: time,
      links: {
        ...(pod && { pod }),
        ...(sandboxId !== undefined && { sandboxId }),
        ...(containerId !== undefined && { containerId }),
        ...(pid !== undefined && { pid }),
      },
      routine: isRoutine(record),
      records: [record],
      ...more,
    };
    fail(event, record);
    this.#know(pod);
    this.#hasMachines ||= machineLayers.has(event.layer);
    this.#causes.begun(event, record);
    this.#events.push(event);
    this.#byId.set(id, event);
    this.#moments.push({ id, time, event });
    return event;
  }

  #end(record: RecordOf<'cri-return' | 'agent-return' | 'pod-worker'>): void {
    const event = this.#open.get(record.parent ?? 0);
    if (!event) return;
    this.#open.delete(event.id);
    if ('milliseconds' in record) event.milliseconds = record.milliseconds;
    fail(event, record);
    const { pod, sandboxId, containerId, pid } = record;
    this.#know(pod);
    event.links = {
      ...event.links,
      ...(pod && { pod }),
      ...(sandboxId !== undefined && { sandboxId }),
      ...(containerId !== undefined && { containerId }),
      ...(pid !== undefined && { pid }),
    };
    event.end = record.time;
    this.#touch(event, record);
    this.#causes.ended(event);
  }

  /** A connection, from its opening to its close, with the frames that were told of. */
  #takeStream(record: RecordOf<'stream'>): void {
    if (record.event === 'open') {
      this.#open.set(record.id, this.#add(record, { kind: record.kind }));
      return;
    }
    const event = this.#open.get(record.parent ?? 0);
    if (record.event === 'refused') {
      this.#add(record, { kind: record.kind, end: record.time });
      return;
    }
    if (!event) return;
    if (record.event === 'close') {
      this.#open.delete(event.id);
      event.end = record.time;
      event.milliseconds = record.time - event.begin;
    }
    this.#touch(event, record);
  }

  #takeProcess(record: RecordOf<'process'>): void {
    const { pid = 0, event: what, time } = record;
    if (what === 'fork') {
      this.#processes.set(pid, this.#add(record, { kind: 'process' }));
      return;
    }
    const event = this.#processes.get(pid);
    if (what === 'exec') {
      if (event) {
        event.title = titleOf(record);
        this.#touch(event, record);
      } else {
        this.#processes.set(pid, this.#add(record, { kind: 'process' }));
      }
      return;
    }
    this.#processes.delete(pid);
    if (event && time - event.begin <= shortLife) {
      event.end = time;
      event.milliseconds = time - event.begin;
      this.#touch(event, record);
      return;
    }
    const exit = this.#add(record, { kind: 'process', end: time });
    if (!event) return;
    exit.title = `${event.title} ${exit.title}`;
    exit.cause = event.id;
    event.end = time;
    event.records = [...event.records, record];
  }

  #know(pod: PodRef | undefined): void {
    if (pod) this.#pods.set(pod.uid, pod);
  }

  #touch(event: TraceEvent | undefined, record: TraceRecord): void {
    if (!event) return;
    event.records = [...event.records, record];
    this.#moments.push({ id: record.id, time: record.time, event });
  }
}

/** If it failed. */
function fail(event: TraceEvent, record: TraceRecord): void {
  const error = 'error' in record ? record.error : undefined;
  if (!error) return;
  event.error = error;
  event.routine = false;
}
