import type { TerminalSize } from '#base/terminal-size.ts';
import type { Terminal } from '#cli/ports.ts';

/** The terminal's size, then each that it gets, until the signal. */
export async function* terminalSizes(
  terminal: Terminal,
  signal: AbortSignal,
  first: readonly TerminalSize[] = [terminal.size],
): AsyncGenerator<TerminalSize, void, undefined> {
  const waiting = [...first];
  let wake: (() => void) | undefined;
  const stop = terminal.onResize((size) => {
    waiting.push(size);
    wake?.();
  });
  const onAbort = () => wake?.();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const size = waiting.shift();
      if (size) yield size;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
}
