import { type Box, Occupied } from './occupied.ts';
import type { Paint, Shape } from './shapes.ts';

/** Pixels that a text takes. */
export type Measure = (text: string, font: { size: number; bold?: boolean }) => number;

interface Label {
  text: string;
  /** Where it may stand: what lies off its lane's middle is named on its outer side. */
  side: 'both' | 'above' | 'below';
  /** What the text may stand in, if it is wide enough. */
  inside: { x: number; width: number } | undefined;
  x: number;
  y: number;
  /** From the middle of what it names to its edge. */
  reach: number;
  /** Its lane's middle, from which it goes no further than a reader takes it for the lane's. */
  lane: number;
  fill: Paint;
  /** It is drawn even where there is no room. */
  must: boolean;
}

export interface LabelOptions {
  measure: Measure;
  /** From one lane to the next, in pixels. */
  laneStep: number;
}

/** Pixels. */
export const textSize = 11.5;
/** Between two labels one above the other, in pixels. */
const line = 13;
/** What a text takes above and below the line that it stands on, in pixels. */
const [ascent, descent] = [9, 3];
/** The middle of a text may be as far from its lane's as this share of the way to the next lane. */
const ownShare = 0.62;

/** Places labels from left to right, above or below what they name, and leaves out those without room. */
export class Labels {
  readonly shapes: Shape[] = [];
  readonly #options: LabelOptions;
  readonly #marks = new Occupied();
  /** Where the last text ends, by the height it stands at. */
  readonly #ends = new Map<number, number>();

  constructor(options: LabelOptions) {
    this.#options = options;
  }

  /** Nothing is written across this; what is there is to be told of before the first label is placed. */
  keepClear(mark: Box): void {
    this.#marks.add(mark);
  }

  place({ text, side, inside, x, y, reach, lane, fill, must }: Label): void {
    const width = this.#options.measure(text, { size: textSize });
    if (inside && inside.width >= width + 16) {
      this.#write(text, { x: inside.x + 8, y: y + 3.8, width }, fill);
      return;
    }
    const [above, below] = [y - reach - 5, y + reach + 12];
    const places = {
      both: [above, below, above - line, below + line],
      above: [above, above - line],
      below: [below, below + line],
    };
    const free = places[side].find(
      (at) => must || (this.#isOf(lane, at) && !this.#isTaken(x, at, width)),
    );
    if (free !== undefined) this.#write(text, { x, y: free, width }, fill);
  }

  #isOf(lane: number, y: number): boolean {
    const middle = y - (ascent - descent) / 2;
    return Math.abs(middle - lane) <= ownShare * this.#options.laneStep;
  }

  #isTaken(x: number, y: number, width: number): boolean {
    for (const [at, end] of this.#ends) if (Math.abs(at - y) < line - 1 && end > x) return true;
    return this.#marks.isTaken({ x, y: y - ascent, width, height: ascent + descent });
  }

  #write(
    text: string,
    { x, y, width }: { x: number; y: number; width: number },
    fill: Paint,
  ): void {
    this.#ends.set(y, Math.max(this.#ends.get(y) ?? 0, x + width + 12));
    this.shapes.push({ kind: 'text', x, y, text, size: textSize, fill });
  }
}
