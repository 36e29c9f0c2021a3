import type { TraceDetail } from '#base/trace-records.ts';
import type { Trace } from '#ui/state/trace.svelte.ts';
import type { EventSet, TraceEvent } from '#ui/xray/events/trace-event.ts';
import type { TraceEvents } from '#ui/xray/events/trace-events.ts';
import { TimeAxis } from './axis.ts';
import { type EventFilter, matches, noFilter } from './filter.ts';
import { Rows } from './rows.ts';

/** Pixels for a unit of the axis. */
const scales = { least: 0.2, usual: 1, most: 8 } as const;

/** Where the time line is drawn. */
export interface TimeLineStage {
  /** Brings an event into view. */
  reveal(event: TraceEvent): void;
  /** What is seen, as a document of its own. */
  toSvg(): string;
}

/** What was made of a trace, and which beginning of it that was: it means nothing in another. */
interface OfTrace<T> {
  beginning: number;
  it: T;
}

/** What the left edge keeps its distance from, whatever comes and goes: a record, and units of the axis. */
interface Anchor {
  record: number;
  distance: number;
}

/** What a reader sees of the time line: which events, from where on, how large. */
export class TimeLineView {
  readonly events: TraceEvents;
  readonly #trace: Trace;
  #filter = $state.raw<EventFilter>(noFilter);
  #scale = $state.raw<number>(scales.usual);
  /** While the reader looks back; else the latest is seen. */
  #anchor = $state.raw<OfTrace<Anchor> | undefined>();
  /** What there was at the pause, which stays as long. */
  #pause = $state.raw<OfTrace<EventSet> | undefined>();
  #stage: TimeLineStage | undefined;
  #selected = $state.raw<OfTrace<TraceEvent> | undefined>();
  #axis = new TimeAxis();
  #rows = new Rows();
  /** Moments of what is drawn that the axis has, or that are not to be seen. */
  #seen = 0;
  #generation = -1;
  #filterOfAxis: EventFilter | undefined;

  constructor(trace: Trace, events: TraceEvents) {
    this.#trace = trace;
    this.events = events;
  }

  /** With all that is to be seen up to now, or up to the pause. */
  get axis(): TimeAxis {
    this.#trace.track();
    this.#catchUp();
    return this.#axis;
  }

  /** All events so far, or up to the pause. */
  get drawn(): EventSet {
    return this.#current(this.#pause) ?? this.events;
  }

  get rows(): Rows {
    return this.#rows;
  }

  /** Whether a pod has been a virtual machine. */
  get hasMachines(): boolean {
    this.#trace.track();
    return this.events.hasMachines;
  }

  /** Whether it has the lane of what is told one by one only then. */
  sees(detail: TraceDetail): boolean {
    return this.hasMachines && !this.#filter.hiddenLayers.has(detail);
  }

  get filter(): EventFilter {
    return this.#filter;
  }

  set filter(filter: EventFilter) {
    this.#filter = filter;
    this.#anchor = undefined;
  }

  get scale(): number {
    return this.#scale;
  }

  /** The axis' position at the left edge while the reader looks back; else the latest is seen. */
  get left(): number | undefined {
    const anchor = this.#current(this.#anchor);
    return anchor && Math.max(0, this.axis.positionOfRecord(anchor.record) + anchor.distance);
  }

  get paused(): boolean {
    return this.#current(this.#pause) !== undefined;
  }

  set paused(paused: boolean) {
    this.#pause = paused ? this.#ofNow(this.events.snapshot()) : undefined;
  }

  /** Events that have come since the pause, of those that are to be seen. */
  get missed(): number {
    const pause = this.#current(this.#pause);
    if (!pause) return 0;
    const last = pause.all.at(-1)?.id ?? 0;
    const { all } = this.events;
    const since = all.slice(all.findLastIndex(({ id }) => id <= last) + 1);
    return since.filter((event) => matches(event, this.#filter)).length;
  }

  get selected(): TraceEvent | undefined {
    return this.#current(this.#selected);
  }

  set selected(event: TraceEvent | undefined) {
    this.#selected = event && this.#ofNow(event);
  }

  /** Absent while it is shown as a list. */
  get stage(): TimeLineStage | undefined {
    return this.#stage;
  }

  /** It is drawn there until what this gives is called. */
  showOn(stage: TimeLineStage): () => void {
    this.#stage = stage;
    return () => (this.#stage = undefined);
  }

  /** The events that are to be seen, in the order in which they began. */
  get shown(): readonly TraceEvent[] {
    return this.drawn.all.filter((event) => matches(event, this.#filter));
  }

  /** Moves by so many units of the axis; `room` of them are seen at once. Beyond its end it follows. */
  scroll(by: number, room: number, ahead: number): void {
    const latest = this.axis.length + ahead - room;
    const left = (this.left ?? latest) + by;
    this.#lookAt(left >= latest ? undefined : left);
  }

  toStart(): void {
    this.#lookAt(0);
  }

  toEnd(): void {
    this.#lookAt(undefined);
  }

  /** Brings an event into view unless it is. */
  reveal(event: TraceEvent, room: number, seenFrom: number): void {
    const extent = this.axis.extentOf(event);
    if (!extent) return;
    const isSeen = extent.from >= seenFrom && extent.from <= seenFrom + room * 0.9;
    if (!isSeen) this.#lookAt(extent.from - room / 3);
  }

  /** @param around the axis' position that stays where it is, and at which share of the width */
  zoom(factor: number, around?: { position: number; share: number; room: number }): void {
    const scale = Math.min(scales.most, Math.max(scales.least, this.#scale * factor));
    if (around && this.left !== undefined) {
      const room = (around.room * this.#scale) / scale;
      this.#lookAt(around.position - around.share * room);
    }
    this.#scale = scale;
  }

  #lookAt(left: number | undefined): void {
    const at = left === undefined ? undefined : Math.max(0, left);
    const record = at === undefined ? undefined : this.axis.recordAt(at);
    this.#anchor =
      at === undefined || record === undefined
        ? undefined
        : this.#ofNow({ record, distance: at - this.axis.positionOfRecord(record) });
  }

  #ofNow<T>(it: T): OfTrace<T> {
    return { beginning: this.events.beginnings, it };
  }

  /** Unless it is of a trace that is no more. */
  #current<T>(of: OfTrace<T> | undefined): T | undefined {
    this.#trace.track();
    return of?.beginning === this.events.beginnings ? of.it : undefined;
  }

  #catchUp(): void {
    const { moments, generation } = this.drawn;
    if (this.#generation !== generation || this.#filterOfAxis !== this.#filter) {
      this.#axis = new TimeAxis();
      this.#rows = new Rows();
      this.#seen = 0;
      this.#generation = generation;
      this.#filterOfAxis = this.#filter;
    }
    for (; this.#seen < moments.length; this.#seen++) {
      const moment = moments[this.#seen];
      if (!moment || !matches(moment.event, this.#filter)) continue;
      this.#axis.append(moment);
      this.#rows.place(moment.event);
    }
  }
}
