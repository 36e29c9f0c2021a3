import type { HeldCall } from '#base/stepper.ts';
import { type Ghost, callerLayer, heldLayer, heldTitle } from './ghosts.ts';
import { type Measure, textSize } from './labels.ts';
import type { LanePlaces } from './lanes.ts';
import type { Shape } from './shapes.ts';

export interface AheadOptions {
  held: readonly HeldCall[];
  ghosts: readonly Ghost[];
  heldWord: string;
  measure: Measure;
  lanes: LanePlaces;
  /** Where what has happened ends, in pixels from the left, and the figure's height. */
  end: number;
  height: number;
}

/** Pixels to the right of the latest event: for what is held and what will come. */
export function roomAhead(held: readonly HeldCall[], ghosts: readonly Ghost[]): number {
  if (held.length === 0) return 48;
  return 320 + 64 * ghosts.length;
}

/** What is held, and what will come of it: beyond the line up to which things have happened. */
export function drawAhead(options: AheadOptions): Shape[] {
  const { held, ghosts, heldWord, measure, lanes, end, height } = options;
  const [call] = held;
  if (!call) return [];
  const edge = end + 14;
  const line: Shape = {
    kind: 'line',
    ...{ x1: edge, y1: 14, x2: edge, y2: height - 30 },
    stroke: { colour: 'hold', dash: [2, 5] },
  };
  const text = `${heldTitle(call)} · ${heldWord}`;
  const width = measure(text, { size: textSize, bold: true }) + 26;
  const pill = { x: edge + 24, y: lanes.y(heldLayer(call)), width };
  const ghostsLeft = pill.x + width + 26;
  return [
    line,
    ...drawHeld(text, pill, { edge, from: lanes.y(callerLayer(call)) }),
    ...ghosts.flatMap((ghost, index) => drawGhost(ghost, index, ghostsLeft, lanes)),
  ];
}

/** A call that waits on its lane, and the way to it from who makes it. */
function drawHeld(
  text: string,
  { x, y, width }: { x: number; y: number; width: number },
  { edge, from }: { edge: number; from: number },
): Shape[] {
  const way: Shape = {
    kind: 'curve',
    ...{ x1: edge, y1: from, x2: x + 10, y2: y - 11 },
    stroke: { colour: 'hold', width: 1.6, dash: [4, 4] },
  };
  const stroke = { colour: 'hold', width: 1.8 } as const;
  return [
    ...(y === from ? [] : [way]),
    { kind: 'pill', x, y: y - 11, width, height: 22, fill: { colour: 'paper' }, stroke },
    {
      kind: 'text',
      ...{ x: x + 13, y: y + 4, text, size: textSize, bold: true },
      fill: { colour: 'hold-ink' },
    },
  ];
}

function drawGhost(
  { layer, title }: Ghost,
  index: number,
  left: number,
  lanes: LanePlaces,
): Shape[] {
  const x = left + index * 58;
  const y = lanes.y(layer);
  const isAbove = index % 2 === 0;
  return [
    {
      kind: 'dot',
      ...{ x, y, r: 5 },
      fill: { colour: 'paper' },
      stroke: { colour: layer, opacity: 0.6, dash: [2, 2] },
    },
    {
      kind: 'text',
      ...{ x: x - 4, y: y + (isAbove ? -11 : 20), text: title, size: textSize },
      fill: { colour: 'soft' },
    },
  ];
}
