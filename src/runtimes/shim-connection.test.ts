import { describe, expect, it } from 'vitest';
import { Deferred } from '#base/deferred.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { ShimConnection, readExit, runtimeMessage } from './shim-connection.ts';
import { encodeFrame, frame, numbers } from './shim-frames.ts';

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

it('a connection whose shim has gone is closed on this side too, whoever still holds it', async () => {
  const sent = [encodeFrame(frame.acknowledgement, numbers(0))];
  const gone = new Deferred<undefined>();
  let isClosed = false;
  const connection = {
    incoming: { read: () => sent.shift() ?? gone.promise, cancel: () => undefined },
    outgoing: { write: () => Promise.resolve() },
    close: () => {
      isClosed = true;
    },
  };
  const agent = { connect: () => Promise.resolve(connection) } as unknown as AgentClient;
  const shim = await ShimConnection.open(agent, '/control.sock');
  expect(isClosed).toBe(false);
  gone.resolve(undefined);
  await expect(shim.exited).rejects.toMatchObject({ code: 'unavailable' });
  expect(isClosed).toBe(true);
});
