import type { ITheme } from '@xterm/xterm';

/** The contrast that all text has at least (WCAG 2.2, 1.4.3, level AA); xterm.js shifts a text's colour where it must. */
export const leastContrast = 4.5;

/**
 * A terminal's colours. The sixteen are chosen to be readable on the background as they are, but for the
 * dark theme's black: programs lay it beneath or upon other colours more often than on the background.
 */
export type Palette = Required<
  Pick<
    ITheme,
    | 'background'
    | 'foreground'
    | 'cursor'
    | 'cursorAccent'
    | 'selectionBackground'
    | 'selectionInactiveBackground'
    | 'scrollbarSliderBackground'
    | 'scrollbarSliderHoverBackground'
    | 'scrollbarSliderActiveBackground'
    | (typeof ansiNames)[number]
  >
>;

export const ansiNames = [
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white',
  'brightBlack',
  'brightRed',
  'brightGreen',
  'brightYellow',
  'brightBlue',
  'brightMagenta',
  'brightCyan',
  'brightWhite',
] as const;

export const lightPalette: Palette = {
  background: '#fbfaf7',
  foreground: '#24262c',
  cursor: '#1d1f24',
  cursorAccent: '#fbfaf7',
  selectionBackground: '#dcd6c6',
  selectionInactiveBackground: '#e9e5da',
  scrollbarSliderBackground: '#1d1f2426',
  scrollbarSliderHoverBackground: '#1d1f2440',
  scrollbarSliderActiveBackground: '#1d1f2459',
  black: '#1d1f24',
  red: '#ad3a22',
  green: '#276f4a',
  yellow: '#8a5a10',
  blue: '#3d49c0',
  magenta: '#7d4399',
  cyan: '#0b6f66',
  white: '#555a64',
  brightBlack: '#696e78',
  brightRed: '#b8452b',
  brightGreen: '#2b7850',
  brightYellow: '#93631a',
  brightBlue: '#4f5bd5',
  brightMagenta: '#8c52a8',
  brightCyan: '#0c776d',
  brightWhite: '#31343b',
};

export const darkPalette: Palette = {
  background: '#0d0f12',
  foreground: '#d7dae0',
  cursor: '#e7e8ea',
  cursorAccent: '#0d0f12',
  selectionBackground: '#33405a',
  selectionInactiveBackground: '#272c36',
  scrollbarSliderBackground: '#e7e8ea26',
  scrollbarSliderHoverBackground: '#e7e8ea40',
  scrollbarSliderActiveBackground: '#e7e8ea59',
  black: '#1f232b',
  red: '#f0876a',
  green: '#68c795',
  yellow: '#e5b567',
  blue: '#8b95ff',
  magenta: '#c6a0ea',
  cyan: '#6fcfc2',
  white: '#c3c7cf',
  brightBlack: '#8f96a3',
  brightRed: '#ff9f85',
  brightGreen: '#86dcae',
  brightYellow: '#f3c988',
  brightBlue: '#a5adff',
  brightMagenta: '#d8b9f5',
  brightCyan: '#8fe3d8',
  brightWhite: '#f4f5f7',
};

/** Backgrounds of what a search found, and of the match that is current. */
export const findColours = {
  light: { match: '#f3e3b8', current: '#e9bf57' },
  dark: { match: '#4a3d1c', current: '#765610' },
} as const;
