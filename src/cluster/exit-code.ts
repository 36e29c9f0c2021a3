import { signalNumber } from '#abi/signals.ts';
import type { ProcessEnd } from '#rpc/contracts.ts';

/** As a shell gives it: 128 plus the signal's number, which is Linux's, for a process that a signal ended. */
export function exitCode(end: ProcessEnd): number {
  return end.kind === 'exited' ? end.code : 128 + signalNumber(end.signal);
}
