import { SandglassError } from '#base/errors.ts';

/** Linux's signals by number, as on i386 (signal(7)). */
export const signals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const;

export type SignalName = keyof typeof signals;

const names = new Map<number, string>(
  Object.entries(signals).map(([name, number]) => [number, name]),
);

/** `SIGKILL` for 9; the real-time signals, which have no names, become `SIG34` and so on. */
export function signalName(number: number): string {
  return names.get(number) ?? `SIG${number}`;
}

/** 9 for `SIGKILL`, 34 for `SIG34`: what `signalName` made of a number. */
export function signalNumber(name: string): number {
  const known: Partial<Record<string, number>> = signals;
  const number = known[name] ?? Number(/^SIG(\d+)$/.exec(name)?.[1]);
  if (Number.isNaN(number)) {
    throw new SandglassError('invalid-argument', `${name} is no signal of Linux.`);
  }
  return number;
}
