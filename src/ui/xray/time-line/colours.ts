import { layers } from '#ui/xray/events/trace-event.ts';
import type { Colour } from './shapes.ts';

const all: readonly Colour[] = [
  ...layers,
  ...(['ink', 'soft', 'line', 'edge', 'hold', 'hold-ink', 'bad', 'paper', 'focus'] as const),
];

/** The tokens' values in a theme, as a canvas and an SVG document take them: by an element that has each in turn. */
export function coloursOf(probe: HTMLElement, dark: boolean): Record<Colour, string> {
  probe.style.colorScheme = dark ? 'dark' : 'light';
  const entries = all.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  return Object.fromEntries(entries) as Record<Colour, string>;
}
