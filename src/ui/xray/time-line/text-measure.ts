import type { Measure } from './labels.ts';

/** Widths remembered: the same titles come again and again. */
const capacity = 4_000;

/** Measures texts by the browser's own reckoning, each once. */
export function textMeasure(fontOf: (font: Parameters<Measure>[1]) => string): {
  of: Measure;
  /** The typeface has come. */
  forget: () => void;
} {
  const context = document.createElement('canvas').getContext('2d');
  const widths = new Map<string, number>();
  return {
    of: (text, font) => {
      const key = `${font.size} ${font.bold ?? false} ${text}`;
      let width = widths.get(key);
      if (width === undefined && context) {
        context.font = fontOf(font);
        width = context.measureText(text).width;
        if (widths.size >= capacity) widths.clear();
        widths.set(key, width);
      }
      return width ?? 0;
    },
    forget: () => {
      widths.clear();
    },
  };
}
