import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { contrast } from './testing/contrast.ts';

const tokens = new Map<string, { light: string; dark: string }>();
const css = readFileSync(path.join(import.meta.dirname, 'tokens.css'), 'utf8');
for (const [, name = '', light = '', dark = ''] of css.matchAll(
  /--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g,
)) {
  tokens.set(name, { light, dark });
}

const texts = ['ink', 'soft', 'ok', 'hold-ink', 'bad'];
const layers = [
  ...['api', 'scheduler', 'kubelet', 'shim', 'runtime', 'kernel'],
  ...['machine', 'ninep', 'frame'],
];
const grounds = ['panel', 'paper', 'sunk'];
/** On `--block` alone. */
const blockTexts = ['block-ink', 'block-soft', 'block-bad'];

function colour(token: string, theme: 'light' | 'dark'): string {
  return tokens.get(token)?.[theme] ?? expect.fail(`There is no --${token}.`);
}

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  /** WCAG 2.2, 1.4.3, for text of any size. */
  test.each(texts)('--%s can be read on every ground', (text) => {
    for (const ground of grounds) {
      const ratio = contrast(colour(text, theme), colour(ground, theme));
      expect(ratio, ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  test.each(blockTexts)('--%s can be read on a block', (text) => {
    expect(contrast(colour(text, theme), colour('block', theme))).toBeGreaterThanOrEqual(4.5);
  });

  /** WCAG 2.2, 1.4.11. */
  test('the lines of controls and the marks of states and layers can be seen on every ground', () => {
    for (const mark of ['edge', 'focus', 'ok', 'hold', 'bad', ...layers]) {
      for (const ground of grounds) {
        const ratio = contrast(colour(mark, theme), colour(ground, theme));
        expect(ratio, `${mark} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

test('text has no colour but these, and that of its ground on ink', () => {
  const allowed = new Set([...texts, 'paper', ...blockTexts]);
  const styles = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(css|svelte)$/.test(name),
  );
  expect(styles.length).toBeGreaterThan(20);
  for (const name of styles) {
    const source = readFileSync(path.join(import.meta.dirname, name), 'utf8');
    for (const [, value = ''] of source.matchAll(/^\s*color: (.+);$/gm)) {
      if (value === 'inherit') continue;
      expect(allowed, `${name}: ${value}`).toContain(/^var\(--(.+)\)$/.exec(value)?.[1]);
    }
  }
});
