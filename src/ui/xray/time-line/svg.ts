import type { Colour, Paint, Shape } from './shapes.ts';

export interface SvgFigure {
  width: number;
  height: number;
  title: string;
  shapes: readonly Shape[];
  colours: Readonly<Record<Colour, string>>;
}

const font = "Inter, 'Inter Variable', system-ui, sans-serif";

/** A figure as a document of its own, with everything in it but the typeface. */
export function svgDocument({ width, height, title, shapes, colours }: SvgFigure): string {
  const parts = shapes.map((shape) => element(shape, colours));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${font}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${colours.paper}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function element(shape: Shape, colours: SvgFigure['colours']): string {
  const paint = (name: string, value?: Paint) =>
    value
      ? ` ${name}="${colours[value.colour]}"${value.opacity === undefined ? '' : ` ${name}-opacity="${value.opacity}"`}`
      : ` ${name}="none"`;
  const stroke = (value?: Extract<Shape, { kind: 'line' }>['stroke']) =>
    value
      ? `${paint('stroke', value)} stroke-width="${value.width ?? 1}"${value.dash ? ` stroke-dasharray="${value.dash.join(' ')}"` : ''}`
      : '';
  switch (shape.kind) {
    case 'line':
      return `<path d="M${at(shape.x1, shape.y1)}L${at(shape.x2, shape.y2)}"${stroke(shape.stroke)}/>`;
    case 'curve': {
      const { x1, y1, x2, y2 } = shape;
      const bend = (y2 - y1) / 2;
      const path = `M${at(x1, y1)}C${at(x1, y1 + bend)} ${at(x2, y2 - bend)} ${at(x2, y2)}`;
      return `<path d="${path}" fill="none"${stroke(shape.stroke)}/>`;
    }
    case 'dot':
      return `<circle cx="${round(shape.x)}" cy="${round(shape.y)}" r="${shape.r}"${paint('fill', shape.fill)}${stroke(shape.stroke)}/>`;
    case 'pill':
      return `<rect x="${round(shape.x)}" y="${round(shape.y)}" width="${round(shape.width)}" height="${shape.height}" rx="${shape.height / 2}"${paint('fill', shape.fill)}${stroke(shape.stroke)}/>`;
    case 'text':
      return `<text x="${round(shape.x)}" y="${round(shape.y)}" font-size="${shape.size}"${shape.bold ? ' font-weight="600"' : ''}${shape.anchor ? ` text-anchor="${shape.anchor}"` : ''}${paint('fill', shape.fill)}>${escaped(shape.text)}</text>`;
  }
}

function at(x: number, y: number): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** XML 1.0 has no place for control characters, not even escaped: they are shown as Unicode's pictures of them. */
export function escaped(text: string): string {
  return visible(text).replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A text on one line whose control characters can be seen and do nothing. */
export function visible(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    const isInvisible = (code >= 0x80 && code < 0xa0) || isFormatting(code) || isLoneHalf(code);
    return isInvisible ? '\ufffd' : character;
  }).join('');
}

/** What turns the direction of what follows (Unicode, UAX #9). */
function isFormatting(code: number): boolean {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

function isLoneHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}
