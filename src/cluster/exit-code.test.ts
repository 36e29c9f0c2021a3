import { expect, it } from 'vitest';
import { signalName } from '#abi/signals.ts';
import type { ProcessEnd } from '#rpc/contracts.ts';
import { exitCode } from './exit-code.ts';

it.each<[ProcessEnd, number]>([
  [{ kind: 'exited', code: 3 }, 3],
  [{ kind: 'killed', signal: 'SIGTERM' }, 143],
  // Linux's number: elsewhere SIGUSR1 is 30.
  [{ kind: 'killed', signal: 'SIGUSR1' }, 138],
  [{ kind: 'killed', signal: signalName(34) }, 162],
  [{ kind: 'killed', signal: signalName(64) }, 192],
])('%j gives %i', (end, code) => {
  expect(exitCode(end)).toBe(code);
});

it('refuses what is no signal', () => {
  expect(() => exitCode({ kind: 'killed', signal: 'SIGNAL' })).toThrow('SIGNAL is no signal');
});
