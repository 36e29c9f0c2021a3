import type { Paint, Shape } from './shapes.ts';

/** Pixels that a text takes. */
export type Measure = (text: string, font: { size: number; bold?: boolean }) => number;

interface Label {
  text: string;
  /** Labels of one lane keep out of each other's way. */
  lane: string;
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
  /** Where the last label ends, by lane and side. */
  readonly #ends = new Map<string, number>();

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  place({ text, lane, inside, x, y, reach, fill, must }: Label): void {
    const width = this.#measure(text, { size: textSize });
    if (inside && inside.width >= width + 16) {
      this.#write(text, inside.x + 8, y + 3.8, fill);
      return;
    }
    const places = [y - reach - 5, y + reach + 12, y - reach - 5 - line, y + reach + 12 + line];
    for (const [place, at] of places.entries()) {
      const key = `${lane} ${place}`;
      if ((this.#ends.get(key) ?? -Infinity) > x && !must) continue;
      this.#ends.set(key, Math.max(this.#ends.get(key) ?? 0, x + width + 12));
      this.#write(text, x, at, fill);
      return;
    }
  }

  #write(text: string, x: number, y: number, fill: Paint): void {
    this.shapes.push({ kind: 'text', x, y, text, size: textSize, fill });
  }
}
