let loaded: Promise<unknown> | undefined;

/**
 * Resolves when the terminal's font is there, or is known not to come: xterm.js measures its cells
 * with what it finds when it opens.
 */
export function fontsLoaded(): Promise<unknown> {
  loaded ??= Promise.allSettled(
    ['400', '700'].map((weight) => document.fonts.load(`${weight} 14px 'JetBrains Mono'`)),
  );
  return loaded;
}
