import type { Screen } from '#ui/ports.ts';

/**
 * Undoes what a program that was cut short may have left set: alternate screen, scroll region,
 * cursor and keypad modes, mouse reports, bracketed paste, character sets, colours
 * (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html). The text stays.
 */
export const terminalReset = [
  // Not 1049, which would also put the cursor where it was saved, or at the top.
  '\x1b[?47l',
  '\x1b[!p',
  '\x1b[?1;9;1000;1002;1003;1004;1006;2004l',
  '\x1b[?7;25h',
  '\x1b(B\x0f',
  '\x1b[0m',
].join('');

/** What a screen shows and has scrolled past: wrapped lines joined, no trailing blank lines. */
export function screenText(screen: Screen): string {
  const { active } = screen.buffer;
  const lines: string[] = [];
  for (let row = 0; row < active.length; row += 1) {
    const line = active.getLine(row);
    if (!line) break;
    const next = active.getLine(row + 1);
    const text = line.translateToString(!next?.isWrapped);
    if (line.isWrapped) lines.push((lines.pop() ?? '') + text);
    else lines.push(text);
  }
  while (lines.at(-1) === '') lines.pop();
  return lines.join('\n');
}
