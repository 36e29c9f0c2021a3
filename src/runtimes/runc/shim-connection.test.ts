import { describe, expect, it } from 'vitest';
import { readExit, runtimeMessage } from './shim-connection.ts';

describe('runtimeMessage', () => {
  it('is the last error of a JSON log', () => {
    const log = [
      '{"msg":"unknown seccomp syscall","level":"warning","time":""}',
      '{"msg":"executable file `x` not found in $PATH","level":"error","time":""}',
    ].join('\n');
    expect(runtimeMessage(log)).toBe('executable file `x` not found in $PATH');
  });

  it('is other text as it is', () => {
    expect(runtimeMessage('container `x` is not running\n')).toBe('container `x` is not running');
  });
});

it('readExit keeps every nanosecond', () => {
  const text = '{"code":137,"signal":9,"exitedAt":"1795575127923456563","oomKills":1}';
  expect(readExit(new TextEncoder().encode(text))).toEqual({
    code: 137,
    exitedAt: 1795575127923456563n,
    oomKilled: true,
  });
});
