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
  fill: Paint;
  /** It is drawn even where there is no room. */
  must: boolean;
}

/** Pixels. */
export const textSize = 11.5;
/** Between two labels one above the other, in pixels. */
const line = 13;

/** Places labels from left to right, above or below what they name, and leaves out those without room. */
export class Labels {
  readonly shapes: Shape[] = [];
  readonly #measure: Measure;
  /** Where the last text ends, by the height it stands at. */
  readonly #ends = new Map<number, number>();

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  place({ text, side, inside, x, y, reach, fill, must }: Label): void {
    const width = this.#measure(text, { size: textSize });
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
    const free = places[side].find((at) => must || !this.#isTaken(x, at));
    if (free !== undefined) this.#write(text, { x, y: free, width }, fill);
  }

  #isTaken(x: number, y: number): boolean {
    for (const [at, end] of this.#ends) if (Math.abs(at - y) < line - 1 && end > x) return true;
    return false;
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
