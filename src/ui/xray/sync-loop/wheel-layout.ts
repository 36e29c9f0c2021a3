import type { SyncLoopSource } from '#base/trace-records.ts';
import { aroundTheLoop, turnOf } from './loop-model.ts';

export interface Spoke {
  source: SyncLoopSource;
  /** Where it begins, at the loop, in pixels from the figure's corner. */
  x: number;
  y: number;
  /** Where its words stand. */
  wordsX: number;
  wordsY: number;
  /** On which side of `wordsX` they stand. */
  side: 'left' | 'middle' | 'right';
  /** Degrees, clockwise from the top. */
  angle: number;
}

export interface Wheel {
  width: number;
  height: number;
  centre: { x: number; y: number };
  radius: number;
  spokes: readonly Spoke[];
}

/** Words stand in lines of so many pixels, three to a source. */
const wordsHeight = 52;

/** The wheel on a width of so many pixels. */
export function layWheel(width: number): Wheel {
  const radius = Math.max(58, Math.min(118, width / 6.6));
  const centre = { x: width / 2, y: radius + wordsHeight + 28 };
  const spread = Math.max(radius + 26, wordsHeight * 1.45);
  const spokes = aroundTheLoop.map((source) => {
    const angle = 360 * turnOf(source);
    const [sin, cos] = [Math.sin((angle * Math.PI) / 180), Math.cos((angle * Math.PI) / 180)];
    const isMiddle = Math.abs(sin) < 0.1;
    return {
      source,
      x: centre.x + radius * sin,
      y: centre.y - radius * cos,
      wordsX: centre.x + (isMiddle ? 0 : Math.sign(sin) * (radius * Math.abs(sin) + 22)),
      wordsY: centre.y - (isMiddle ? (radius + 16) * cos : spread * cos),
      side: isMiddle ? ('middle' as const) : sin < 0 ? ('left' as const) : ('right' as const),
      angle,
    };
  });
  return { width, height: centre.y + radius + wordsHeight + 34, centre, radius, spokes };
}
