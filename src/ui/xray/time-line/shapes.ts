import type { Layer } from '#ui/xray/events/trace-event.ts';

/** A colour by its token's name (tokens.css), so that a figure is right in both themes and on paper. */
export type Colour =
  Layer | 'ink' | 'soft' | 'line' | 'edge' | 'hold' | 'hold-ink' | 'bad' | 'paper' | 'focus';

export interface Paint {
  colour: Colour;
  /** 0 to 1; without it opaque. */
  opacity?: number;
}

interface Stroke extends Paint {
  width?: number;
  dash?: readonly number[];
}

/** What a figure is made of: drawn on a canvas on the page, written as SVG for export. Units are pixels. */
export type Shape =
  | { kind: 'line'; x1: number; y1: number; x2: number; y2: number; stroke: Stroke }
  /** A cubic curve (x1 y1) – (x2 y2) with its control points above and below them. */
  | { kind: 'curve'; x1: number; y1: number; x2: number; y2: number; stroke: Stroke }
  | { kind: 'dot'; x: number; y: number; r: number; fill?: Paint; stroke?: Stroke }
  | {
      kind: 'pill';
      x: number;
      y: number;
      width: number;
      height: number;
      fill?: Paint;
      stroke?: Stroke;
    }
  | {
      kind: 'text';
      x: number;
      y: number;
      text: string;
      size: number;
      fill: Paint;
      anchor?: 'start' | 'middle' | 'end';
      bold?: boolean;
    };
