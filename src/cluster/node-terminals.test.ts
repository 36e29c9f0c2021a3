import { expect, it } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { ByteQueue } from '#base/byte-queue.ts';
import { SandglassError } from '#base/errors.ts';
import type { LinuxNode } from './linux-node.ts';
import { NodeTerminals } from './node-terminals.ts';

it('a shell whose terminal ends before the news of its exit is not let go of without it', async () => {
  let exit: (exit: { code: number }) => void = () => undefined;
  let close: (error: SandglassError) => void = () => undefined;
  const exited = new Promise<{ code: number }>((resolve, reject) => {
    exit = resolve;
    close = reject;
  });
  const stdout = new ByteQueue({ capacity: 10 });
  const shell = {
    stdin: undefined,
    stdout,
    exited,
    lengths: new Promise(() => undefined),
    close: () => close(new SandglassError('cancelled', 'It was closed.')),
  };
  const agent = { spawn: () => Promise.resolve(shell) };
  const terminals = new NodeTerminals({ running: { agent } } as unknown as LinuxNode);
  const { near, far } = BytePort.pair();
  const terminal = await terminals.open({ columns: 80, rows: 24 }, far);
  stdout.end();
  expect(await near.incoming.read()).toBeUndefined();
  exit({ code: 5 });
  expect(await terminals.end(terminal)).toEqual({ kind: 'exited', code: 5 });
  near.fail(new SandglassError('cancelled', 'Done.'));
});
