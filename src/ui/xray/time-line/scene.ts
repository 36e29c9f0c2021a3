import type { HeldCall } from '#base/stepper.ts';
import type { EventSet, Layer, TraceEvent } from '#ui/xray/events/trace-event.ts';
import { clockTime, duration } from '#ui/xray/words.ts';
import { drawAhead } from './ahead.ts';
import type { TimeAxis } from './axis.ts';
import { chainOf } from './chain.ts';
import { labelOf } from './event-label.ts';
import type { Ghost } from './ghosts.ts';
import { Labels, type Measure } from './labels.ts';
import type { LanePlaces } from './lanes.ts';
import type { Box } from './occupied.ts';
import type { Rows } from './rows.ts';
import type { Paint, Shape } from './shapes.ts';

export interface SceneOptions {
  events: EventSet;
  axis: TimeAxis;
  rows: Rows;
  lanes: LanePlaces;
  width: number;
  height: number;
  /** Pixels at the left that the lanes' names take; these are drawn by whoever has another way to show them. */
  names: { width: number; drawn: ((layer: Layer) => string) | undefined };
  /** The axis' position at the left edge of the lanes, and pixels for each of its units. */
  left: number;
  scale: number;
  held: readonly HeldCall[];
  ghosts: readonly Ghost[];
  heldWord: string;
  selected: TraceEvent | undefined;
  measure: Measure;
}

/** Where an event was drawn, for who points at it. */
export interface Hit {
  event: TraceEvent;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Scene {
  shapes: readonly Shape[];
  hits: readonly Hit[];
}

/** What was drawn of an event: from where to where, around a middle. */
interface Mark {
  event: TraceEvent;
  from: number;
  to: number;
  y: number;
  height: number;
  isSpan: boolean;
}

/** More links than these are a tangle: then only those of the chosen event are drawn. */
const mostLinks = 140;
/** Between two times on the axis, in pixels. */
const tickDistance = 150;
/** Of a lane's rows: the middle, below, above. */
const sides = ['both', 'below', 'above'] as const;
/** Pixels of a mark's height in which a name can stand: a thinner one would strike it through. */
const leastAround = 11;
/** Milliseconds without an event that are worth saying. */
const longGap = 900;

export function drawScene(options: SceneOptions): Scene {
  return new SceneDrawing(options).draw();
}

class SceneDrawing {
  readonly #options: SceneOptions;
  readonly #links: Shape[] = [];
  readonly #marks: Shape[] = [];
  readonly #hits: Hit[] = [];
  readonly #labels: Labels;
  readonly #chain: ReadonlySet<number>;
  readonly #rowStep: number;
  readonly #heldIds: ReadonlySet<unknown>;

  constructor(options: SceneOptions) {
    this.#options = options;
    const { lanes, held, events, selected } = options;
    this.#rowStep = Math.min(17, lanes.step * 0.27);
    this.#labels = new Labels({ measure: options.measure, laneStep: lanes.step });
    this.#heldIds = new Set(held.map(({ details }) => (details as { id?: number }).id));
    this.#chain = selected ? chainOf(selected, events) : new Set();
  }

  draw(): Scene {
    const { axis, left, scale, width, names } = this.#options;
    const right = left + (width - names.width) / scale;
    const visible = new Set(axis.between(left, right).map(({ event }) => event));
    for (const event of this.#across(left, right)) visible.add(event);
    const inOrder = [...visible].sort((one, other) => one.id - other.id);
    const named = inOrder.flatMap((event) => this.#drawEvent(event) ?? []);
    const times = this.#times(left, right);
    // Once all is known that no name may lie across.
    for (const hit of this.#hits) this.#labels.keepClear(hit);
    for (const time of times) if (time.kind === 'text') this.#labels.keepClear(this.#boxOf(time));
    for (const mark of named) this.#name(mark);
    this.#drawLinks(inOrder);
    const lanes = this.#lanes();
    const ahead = drawAhead({ ...this.#options, end: this.#x(axis.length) });
    return {
      shapes: [
        ...lanes,
        ...times,
        ...this.#links,
        ...this.#marks,
        ...this.#labels.shapes,
        ...ahead,
      ],
      hits: this.#hits,
    };
  }

  /** Those that began before what is seen and end after it, or go on. */
  *#across(left: number, right: number): Iterable<TraceEvent> {
    for (const event of this.#options.events.all) {
      if (event.milliseconds === undefined && event.end !== undefined) continue;
      if (event.kind === 'process' && event.end === undefined) continue;
      const extent = this.#options.axis.extentOf(event);
      if (!extent || extent.from > right) continue;
      if (this.#goesOn(event) || extent.to > left) yield event;
    }
  }

  #x(position: number): number {
    const { left, scale, names } = this.#options;
    return names.width + (position - left) * scale;
  }

  #y(event: TraceEvent): number {
    const row = this.#options.rows.of(event);
    const offset = row === 1 ? this.#rowStep : row === 2 ? -this.#rowStep : 0;
    return this.#options.lanes.y(event.layer) + offset;
  }

  /** As far as the axis has it: what it does not may have ended since. */
  #goesOn({ kind, end }: TraceEvent): boolean {
    return kind !== 'process' && (end === undefined || end > this.#options.axis.latest);
  }

  /** Fainter while something else has been chosen. */
  #opacity(event: TraceEvent): number {
    return this.#chain.size === 0 || this.#chain.has(event.id) ? 1 : 0.35;
  }

  /** Gives what is drawn of it, for its name. */
  #drawEvent(event: TraceEvent): Mark | undefined {
    const { axis, selected, names } = this.#options;
    const extent = axis.extentOf(event);
    if (!extent || this.#heldIds.has(event.id)) return undefined;
    const goesOn = this.#goesOn(event);
    const [from, y] = [this.#x(extent.from), this.#y(event)];
    const to = this.#x(goesOn ? axis.length + 6 : extent.to);
    const isSpan = (event.milliseconds !== undefined || goesOn) && to - from > 8;
    const colour = event.error ? 'bad' : event.layer;
    const opacity = this.#opacity(event);
    const height = isSpan ? Math.min(15, this.#rowStep - 2) : 10;
    const x = Math.max(from, names.width - 40);
    if (isSpan) {
      this.#marks.push({
        kind: 'pill',
        ...{ x, y: y - height / 2, width: to - x, height },
        fill: { colour, opacity: opacity * (goesOn ? 0.1 : 0.24) },
        stroke: { colour, opacity, ...(goesOn && { dash: [3, 3] }) },
      });
      this.#hits.push({ event, x, y: y - height / 2, width: to - x, height });
    } else {
      const r = event.kind === 'process' ? 4 : 5;
      this.#marks.push({ kind: 'dot', x: from, y, r, fill: { colour, opacity } });
      this.#hits.push({ event, x: from - 6, y: y - 6, width: 12, height: 12 });
    }
    if (event === selected) this.#ring(isSpan ? x : from - 5, y, isSpan ? to - x : 10, height);
    return { event, from: isSpan ? x : from, to: isSpan ? to : from, y, height, isSpan };
  }

  #name({ event, from, to, y, height, isSpan }: Mark): void {
    const { names, rows, selected } = this.#options;
    // Of what began before the left edge the name stands where it is seen whole.
    const edge = names.width + 2;
    if (to < edge) return;
    const x = Math.max(from, edge);
    this.#labels.place({
      text: labelOf(event),
      side: sides[rows.of(event)] ?? 'both',
      inside: isSpan && height >= leastAround ? { x, width: to - x } : undefined,
      x: isSpan ? x + 2 : Math.max(from - 3, edge),
      y,
      reach: isSpan ? height / 2 : 5,
      lane: this.#options.lanes.y(event.layer),
      fill: { colour: event.error ? 'bad' : 'ink', opacity: this.#opacity(event) },
      must: event === selected,
    });
  }

  #boxOf({ x, y, text, size }: Extract<Shape, { kind: 'text' }>): Box {
    const width = this.#options.measure(text, { size });
    return { x: x - width / 2, y: y - size, width, height: size + 2 };
  }

  #ring(x: number, y: number, width: number, height: number): void {
    this.#marks.push({
      kind: 'pill',
      ...{ x: x - 3, y: y - height / 2 - 3, width: width + 6, height: height + 6 },
      stroke: { colour: 'focus', width: 2 },
    });
  }

  #drawLinks(visible: readonly TraceEvent[]): void {
    const { events, axis } = this.#options;
    const linked = visible.filter(({ cause }) => cause !== undefined);
    const isTangle = linked.length > mostLinks;
    for (const event of linked) {
      if (isTangle && !this.#chain.has(event.id)) continue;
      const cause = events.get(event.cause ?? 0);
      const [to, from] = [axis.extentOf(event), cause && axis.extentOf(cause)];
      if (!cause || !to || !from || this.#heldIds.has(event.id)) continue;
      const end = cause.end === undefined ? Math.max(from.to, to.from) : from.to;
      const x1 = this.#x(Math.min(Math.max(to.from, from.from), end));
      const x2 = this.#x(to.from);
      const inOneChain = this.#chain.has(event.id) && this.#chain.has(cause.id);
      const opacity = this.#chain.size === 0 ? 0.5 : inOneChain ? 0.95 : 0.12;
      const isWithin = Math.abs(x1 - x2) < 1;
      const stroke = {
        colour: cause.layer,
        opacity,
        width: 1.2,
        ...(isWithin && { dash: [3, 4] }),
      };
      const [y1, y2] = [this.#y(cause), this.#y(event)];
      const kind = cause.layer === event.layer ? 'line' : 'curve';
      this.#links.push({ kind, x1, y1, x2, y2, stroke });
    }
  }

  #lanes(): Shape[] {
    const { width, lanes, names } = this.#options;
    return lanes.lanes.flatMap((layer): Shape[] => {
      const y = lanes.y(layer);
      const line: Shape = {
        kind: 'line',
        ...{ x1: names.width, y1: y, x2: width, y2: y },
        stroke: { colour: 'line' },
      };
      if (!names.drawn) return [line];
      const text = names.drawn(layer);
      const name: Shape = {
        kind: 'text',
        x: 12,
        y: y + 4,
        text,
        size: 12.5,
        fill: { colour: layer },
      };
      return [line, name];
    });
  }

  #times(left: number, right: number): Shape[] {
    const { axis, height, scale, names } = this.#options;
    const y = height - 12;
    const shapes: Shape[] = [];
    const fill: Paint = { colour: 'soft' };
    const gaps = axis.gaps(left, right, longGap).map(({ at, milliseconds }) => ({
      x: this.#x(at),
      text: `+ ${duration(milliseconds)}`,
    }));
    let last = -Infinity;
    for (const { x, text } of gaps) {
      if (x < names.width + 20) continue;
      const line = { x1: x, y1: 14, x2: x, y2: height - 30 };
      shapes.push({ kind: 'line', ...line, stroke: { colour: 'line', dash: [1, 4] } });
      if (x - last < 60) continue;
      shapes.push({ kind: 'text', x, y: height - 26, text, size: 10.5, anchor: 'middle', fill });
      last = x;
    }
    if (axis.count === 0) return shapes;
    const step = tickDistance / scale;
    for (let at = Math.ceil(left / step) * step; at <= Math.min(right, axis.length); at += step) {
      const x = this.#x(at);
      if (x < names.width + 34) continue;
      shapes.push({
        kind: 'line',
        x1: x,
        y1: y - 13,
        x2: x,
        y2: y - 10,
        stroke: { colour: 'edge' },
      });
      const text = clockTime(axis.timeAt(at)).slice(0, 12);
      shapes.push({ kind: 'text', x, y, text, size: 10.5, anchor: 'middle', fill });
    }
    return shapes;
  }
}
