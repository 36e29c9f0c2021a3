import { type SignalName, signals } from '#abi/signals.ts';

/** The lowest of those that user space may use: the C library keeps two to itself, signal(7). */
const SIGRTMIN = 34;
const SIGRTMAX = 64;

/** Other names of the same signals. */
const aliases: Readonly<Record<string, SignalName>> = {
  SIGCLD: 'SIGCHLD',
  SIGIOT: 'SIGABRT',
  SIGPOLL: 'SIGIO',
};

/** Of a number, `SIGTERM`, `TERM` or `SIGRTMIN+3`, also as the CRI writes that: `SIGRTMINPLUS3`. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const realTime = /^SIGRT(MIN|MAX)(?:(?:\+|-|PLUS|MINUS)(\d+))?$/.exec(name);
  if (realTime) {
    const offset = Number(realTime[2] ?? 0);
    return realTime[1] === 'MIN' ? SIGRTMIN + offset : SIGRTMAX - offset;
  }
  const known: Readonly<Record<string, number>> = signals;
  return known[aliases[name] ?? name];
}
