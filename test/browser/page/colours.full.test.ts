import { expect, test } from 'vitest';
import { contrast } from '#ui/testing/contrast.ts';
import { darkPalette, lightPalette } from '#ui/terminal/palette.ts';
import { useHarness } from './harness.ts';

/** SGR parameters (ECMA-48, 8.3.117) of a text's colour and of what is beneath it; 39 and 49 are the theme's. */
const texts = [39, ...range(30), ...range(90)];
const grounds = [49, ...range(40), ...range(100)];
const attributes = { plain: '', bold: '1;', reversed: '7;' };

const harness = useHarness();

function range(first: number): number[] {
  return Array.from({ length: 8 }, (_, index) => first + index);
}

/** Every text on every ground, a ground a line; each pair is a text of its own, such as `31/42`. */
function chart(attribute: string): string {
  const lines = grounds.map((ground) =>
    texts.map((text) => `\x1b[0;${attribute}${text};${ground}m${text}/${ground}\x1b[0m `).join(''),
  );
  return `\x1b[2J\x1b[H${lines.join('\r\n')}\r\nend`;
}

interface DrawnPair {
  pair: string;
  colour: string;
  background: string;
}

/** What xterm.js' DOM renderer has drawn, by the browser's own account. */
function readChart(themeBackground: string): DrawnPair[] {
  const hex = (rgb: string) => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (rgb.match(/[\d.]+/g) ?? []).map(Number);
    if (alpha === 0) return themeBackground;
    return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  };
  return [...document.querySelectorAll('.xterm-rows span')]
    .map((span) => ({ span, pair: span.textContent.trim() }))
    .filter(({ pair }) => /^\d+\/\d+$/.test(pair))
    .map(({ span, pair }) => {
      const { color, backgroundColor } = getComputedStyle(span);
      return { pair, colour: hex(color), background: hex(backgroundColor) };
    });
}

test.each([
  ['light', lightPalette],
  ['dark', darkPalette],
] as const)('each colour can be read upon each other in the %s theme', async (scheme, palette) => {
  const subject = await harness.openShell({
    colorScheme: scheme,
    viewport: { width: 1400, height: 800 },
  });
  for (const [name, attribute] of Object.entries(attributes)) {
    await subject.page.evaluate((text) => window.node.shell(1).say(text), chart(attribute));
    await subject.shows('\nend');
    const rows = subject.page.locator('.xterm-rows');
    await rows.getByText('97/107', { exact: true }).waitFor();
    const drawn = await subject.page.evaluate(readChart, palette.background);
    const shown = new Set(drawn.map(({ pair }) => pair));
    expect(shown.size, name).toBe(texts.length * grounds.length);
    const unreadable = drawn.filter(({ pair, colour, background }) => {
      const [text = 0, ground = 0] = pair.split('/').map(Number);
      // Text in the colour of its ground is meant not to be seen, and is shown all the same.
      return contrast(colour, background) < 4.4 && text + 10 !== ground;
    });
    expect(unreadable, name).toEqual([]);
    const reversed = drawn.find(({ pair }) => pair === '39/49');
    const [colour, background] = [palette.foreground, palette.background];
    expect(reversed, name).toEqual({
      pair: '39/49',
      ...(name === 'reversed'
        ? { colour: background, background: colour }
        : { colour, background }),
    });
  }
});
