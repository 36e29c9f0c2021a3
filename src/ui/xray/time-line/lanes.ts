import { type Layer, layers } from '#ui/xray/events/trace-event.ts';

/** Above the first lane, and below the last, where the times stand. */
const margins = { top: 34, bottom: 44 };

/** Pixels from one lane to the next; further apart they would have nothing to do with each other. */
export function laneStep(height: number): number {
  return Math.min(96, (height - margins.top - margins.bottom) / (layers.length - 1));
}

/** Pixels from the top to the middle of a lane. */
export function laneY(layer: Layer, height: number): number {
  const step = laneStep(height);
  const spare = height - margins.top - margins.bottom - step * (layers.length - 1);
  return margins.top + spare / 2 + step * layers.indexOf(layer);
}
