import type { Colour, Paint, Shape } from './shapes.ts';
import { visible } from './svg.ts';

const family = "'Inter Variable', system-ui, sans-serif";

/** Draws shapes, in the order given, on a canvas whose units are already the page's pixels. */
export function paintShapes(
  context: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  colours: Readonly<Record<Colour, string>>,
): void {
  // Setting a font costs more than drawing a word with it.
  let font = '';
  for (const shape of shapes) {
    if (shape.kind === 'text') {
      const wanted = fontOf(shape);
      if (wanted !== font) context.font = font = wanted;
      paintText(context, shape, colours);
    } else {
      context.beginPath();
      trace(context, shape);
      const fill = 'fill' in shape ? shape.fill : undefined;
      if (fill) {
        use(context, fill, (colour) => (context.fillStyle = colour), colours);
        context.fill();
      }
      if (shape.stroke) {
        use(context, shape.stroke, (colour) => (context.strokeStyle = colour), colours);
        context.lineWidth = shape.stroke.width ?? 1;
        context.setLineDash(shape.stroke.dash ? [...shape.stroke.dash] : []);
        context.stroke();
      }
    }
  }
  context.globalAlpha = 1;
}

function trace(context: CanvasRenderingContext2D, shape: Exclude<Shape, { kind: 'text' }>): void {
  switch (shape.kind) {
    case 'line':
      context.moveTo(shape.x1, shape.y1);
      context.lineTo(shape.x2, shape.y2);
      return;
    case 'curve': {
      const { x1, y1, x2, y2 } = shape;
      const bend = (y2 - y1) / 2;
      context.moveTo(x1, y1);
      context.bezierCurveTo(x1, y1 + bend, x2, y2 - bend, x2, y2);
      return;
    }
    case 'dot':
      context.arc(shape.x, shape.y, shape.r, 0, 2 * Math.PI);
      return;
    case 'pill':
      context.roundRect(shape.x, shape.y, shape.width, shape.height, shape.height / 2);
  }
}

export function fontOf({ size, bold = false }: { size: number; bold?: boolean }): string {
  return `${bold ? 600 : 450} ${size}px ${family}`;
}

function paintText(
  context: CanvasRenderingContext2D,
  { x, y, text, fill, anchor = 'start' }: Extract<Shape, { kind: 'text' }>,
  colours: Readonly<Record<Colour, string>>,
): void {
  context.textAlign = anchor === 'middle' ? 'center' : anchor;
  use(context, fill, (colour) => (context.fillStyle = colour), colours);
  context.fillText(visible(text), x, y);
}

function use(
  context: CanvasRenderingContext2D,
  { colour, opacity = 1 }: Paint,
  set: (colour: string) => void,
  colours: Readonly<Record<Colour, string>>,
): void {
  context.globalAlpha = opacity;
  set(colours[colour]);
}
