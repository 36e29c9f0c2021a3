import { describe, expect, test } from 'vitest';
import { contrast } from '#ui/testing/contrast.ts';
import {
  type Palette,
  ansiNames,
  darkPalette,
  findColours,
  leastContrast,
  lightPalette,
} from './palette.ts';

const themes: [theme: 'light' | 'dark', palette: Palette][] = [
  ['light', lightPalette],
  ['dark', darkPalette],
];

describe.each(themes)('the %s palette', (theme, palette) => {
  test('has colours that are readable on its background as they are', () => {
    for (const name of [...ansiNames, 'foreground', 'cursor'] as const) {
      if (theme === 'dark' && name === 'black') continue;
      expect(contrast(palette[name], palette.background), name).toBeGreaterThanOrEqual(
        leastContrast,
      );
    }
    expect(contrast(palette.cursorAccent, palette.cursor)).toBeGreaterThanOrEqual(leastContrast);
  });

  test('keeps text readable that is selected or found', () => {
    const { match, current } = findColours[theme];
    const marks = [
      palette.selectionBackground,
      palette.selectionInactiveBackground,
      match,
      current,
    ];
    for (const mark of marks) {
      expect(contrast(palette.foreground, mark), mark).toBeGreaterThanOrEqual(leastContrast);
    }
  });
});

test('the dark palette has a black that is readable on the colours of bars and lists', () => {
  const { black, background } = darkPalette;
  for (const name of ansiNames) {
    if (name === 'black') continue;
    expect(contrast(black, darkPalette[name]), name).toBeGreaterThanOrEqual(leastContrast);
  }
  expect(contrast(black, background), 'black beneath text can be seen').toBeGreaterThan(1.15);
});
