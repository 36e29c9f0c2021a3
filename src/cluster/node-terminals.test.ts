import { spawnSync } from 'node:child_process';
import { expect, it, vi } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { ByteQueue } from '#base/byte-queue.ts';
import { SandglassError } from '#base/errors.ts';
import type { LinuxNode } from './linux-node.ts';
import { NodeTerminals } from './node-terminals.ts';

/** A terminal on a shell that does as the test says. */
async function openTerminal(command?: readonly string[]) {
  let exit: (exit: { code: number }) => void = () => undefined;
  let fail: (error: SandglassError) => void = () => undefined;
  const exited = new Promise<{ code: number }>((resolve, reject) => {
    exit = resolve;
    fail = reject;
  });
  const stdout = new ByteQueue({ capacity: 10 });
  const close = vi.fn(() => fail(new SandglassError('cancelled', 'It was closed.')));
  const shell = {
    stdin: undefined,
    stdout,
    exited,
    lengths: new Promise(() => undefined),
    close,
  };
  const spawn = vi.fn<(options: { argv: string[] }) => Promise<unknown>>(() =>
    Promise.resolve(shell),
  );
  const agent = { spawn };
  const terminals = new NodeTerminals({ running: { agent } } as unknown as LinuxNode);
  const { near, far } = BytePort.pair();
  const terminal = await terminals.open({ columns: 80, rows: 24 }, far, command);
  const argv = spawn.mock.calls[0]?.[0].argv ?? [];
  return { argv, near, stdout, exit, close, end: () => terminals.end(terminal) };
}

it('a shell whose terminal ends before the news of its exit is not let go of without it', async () => {
  const { near, stdout, exit, end } = await openTerminal();
  stdout.end();
  expect(await near.incoming.read()).toBeUndefined();
  exit({ code: 5 });
  expect(await end()).toEqual({ kind: 'exited', code: 5 });
  near.fail(new SandglassError('cancelled', 'Done.'));
});

it('a shell whose reader leaves is hung up', async () => {
  const { near, stdout, close, end } = await openTerminal();
  const ended = expect(end()).rejects.toThrow('It was closed.');
  near.incoming.cancel();
  near.outgoing.end();
  await vi.waitFor(() => {
    // That nobody reads any more is noticed with the next output.
    if (stdout.queued === 0) stdout.push(Uint8Array.of(1));
    expect(close).toHaveBeenCalled();
  });
  await ended;
});

it('a command takes the shell’s place, and nothing in its words is run', async () => {
  const words = [
    'printf',
    '<%s>',
    '$(echo hostile)',
    "'; echo hostile",
    '`id`',
    '-n',
    '* ?',
    'a\nb',
  ];
  const { argv, near } = await openTerminal(words);
  near.fail(new SandglassError('cancelled', 'Done.'));
  const [shell = '', ...rest] = argv;
  const { stdout } = spawnSync(shell, rest, { encoding: 'utf8', env: { HOME: '/nowhere' } });
  expect(stdout).toBe("<$(echo hostile)><'; echo hostile><`id`><-n><* ?><a\nb>");
});

it('without a command it is a login shell', async () => {
  const { argv, near } = await openTerminal();
  near.fail(new SandglassError('cancelled', 'Done.'));
  expect(argv).toEqual(['/bin/bash', '--login']);
});
