import { type Layer, layers, machineLayers } from '#ui/xray/events/trace-event.ts';

/** Above the first lane, and below the last, where the times stand. */
const margins = { top: 34, bottom: 44 };

/** Pixels from one lane to the next; further apart they would have nothing to do with each other. */
const mostStep = 96;
/** So that each name can be pressed. */
const leastStep = 26;

/** The lanes that there are, from the top. */
export function lanesOf(hasMachines: boolean): readonly Layer[] {
  return hasMachines ? layers : layers.filter((layer) => !machineLayers.has(layer));
}

/** Pixels that so many lanes need. */
export function leastHeight(lanes: readonly Layer[]): number {
  return margins.top + margins.bottom + leastStep * (lanes.length - 1);
}

/** Where in a figure each lane is. */
export class LanePlaces {
  readonly lanes: readonly Layer[];
  /** From one to the next. */
  readonly step: number;
  readonly #top: number;

  constructor(lanes: readonly Layer[], height: number) {
    const room = height - margins.top - margins.bottom;
    this.lanes = lanes;
    this.step = Math.min(mostStep, room / (lanes.length - 1));
    this.#top = margins.top + (room - this.step * (lanes.length - 1)) / 2;
  }

  /** Pixels from the top to the middle of a lane. */
  y(layer: Layer): number {
    return this.#top + this.step * this.lanes.indexOf(layer);
  }
}
