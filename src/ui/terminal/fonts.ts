import { systemClock } from '#base/clock.ts';

/** Milliseconds that a terminal waits for its font: a host that is silent must not keep the reader from a prompt. */
const patience = 5_000;

let arrived: Promise<unknown> | undefined;
let inTime: Promise<boolean> | undefined;

/** Resolves when the terminal's font is there, or is known not to come. */
export function fontsArrived(): Promise<unknown> {
  arrived ??= Promise.allSettled(
    ['400', '700'].map((weight) => document.fonts.load(`${weight} 14px 'JetBrains Mono'`)),
  );
  return arrived;
}

/**
 * Resolves with whether it has come in time: xterm.js measures its cells with what it finds when it opens, and has
 * to measure anew with a font that comes later.
 */
export function fontsInTime(): Promise<boolean> {
  inTime ??= new Promise((resolve) => {
    const cancelTimer = systemClock.schedule(patience, () => {
      resolve(false);
    });
    void fontsArrived().then(() => {
      cancelTimer();
      resolve(true);
    });
  });
  return inTime;
}
