import type { Trace } from '#ui/state/trace.svelte.ts';
import type { TraceEvent } from '#ui/xray/events/trace-event.ts';
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

/** What a reader sees of the time line: which events, from where on, how large. */
export class TimeLineView {
  readonly events: TraceEvents;
  readonly #trace: Trace;
  #filter = $state.raw<EventFilter>(noFilter);
  #scale = $state.raw<number>(scales.usual);
  /** The axis' position at the left edge while the reader looks back; else the latest is seen. */
  #left = $state.raw<number | undefined>();
  #paused = $state.raw(false);
  #stage: TimeLineStage | undefined;
  #selected = $state.raw<TraceEvent | undefined>();
  #axis = new TimeAxis();
  #rows = new Rows();
  /** Moments of `events` that the axis has, or that are not to be seen. */
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

  get rows(): Rows {
    return this.#rows;
  }

  get filter(): EventFilter {
    return this.#filter;
  }

  set filter(filter: EventFilter) {
    this.#filter = filter;
    this.#left = undefined;
  }

  get scale(): number {
    return this.#scale;
  }

  get left(): number | undefined {
    return this.#left;
  }

  /** Whether the latest is seen as it comes. */
  get follows(): boolean {
    return this.#left === undefined && !this.#paused;
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    // What has come until now is seen.
    this.#catchUp();
    this.#paused = paused;
  }

  /** Events that have come since the pause. */
  get missed(): number {
    this.#trace.track();
    return this.#paused ? this.events.moments.length - this.#seen : 0;
  }

  get selected(): TraceEvent | undefined {
    return this.#selected;
  }

  set selected(event: TraceEvent | undefined) {
    this.#selected = event;
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
    this.#trace.track();
    return this.events.all.filter((event) => matches(event, this.#filter));
  }

  /** Moves by so many units of the axis; `room` of them are seen at once. Beyond its end it follows. */
  scroll(by: number, room: number, ahead: number): void {
    const latest = this.#axis.length + ahead - room;
    const left = (this.#left ?? latest) + by;
    this.#left = left >= latest ? undefined : Math.max(Math.min(0, latest), left);
  }

  toStart(): void {
    this.#left = 0;
  }

  toEnd(): void {
    this.#left = undefined;
  }

  /** Brings an event into view unless it is. */
  reveal(event: TraceEvent, room: number, seenFrom: number): void {
    const extent = this.#axis.extentOf(event);
    if (!extent) return;
    const isSeen = extent.from >= seenFrom && extent.from <= seenFrom + room * 0.9;
    if (!isSeen) this.#left = Math.max(0, extent.from - room / 3);
  }

  /** @param around the axis' position that stays where it is, and at which share of the width */
  zoom(factor: number, around?: { position: number; share: number; room: number }): void {
    const scale = Math.min(scales.most, Math.max(scales.least, this.#scale * factor));
    if (around && this.#left !== undefined) {
      const room = (around.room * this.#scale) / scale;
      this.#left = Math.max(0, around.position - around.share * room);
    }
    this.#scale = scale;
  }

  #catchUp(): void {
    const { events } = this;
    const isSame = this.#generation === events.generation && this.#filterOfAxis === this.#filter;
    if (!isSame) {
      this.#axis = new TimeAxis();
      this.#rows = new Rows();
      this.#seen = 0;
      this.#generation = events.generation;
      this.#filterOfAxis = this.#filter;
    } else if (this.#paused) {
      return;
    }
    for (; this.#seen < events.moments.length; this.#seen++) {
      const moment = events.moments[this.#seen];
      if (!moment || !matches(moment.event, this.#filter)) continue;
      this.#axis.append(moment);
      this.#rows.place(moment.event);
    }
  }
}
