import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { readAllText } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { Invocation } from '#cli/ports.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { createKataRuntime } from './kata-runtime-command.ts';

const text = (words: string) => new TextEncoder().encode(words);
const absent = () => Promise.reject(new SandglassError('not-found', 'No such directory.'));

/** `kata-runtime exec` on a terminal, and the VMM's end of the line to the debug console. */
function execOn({ list = () => Promise.resolve([{ name: 'abc1' }, { name: 'def2' }] as unknown) }) {
  const told: (string | boolean)[] = [];
  const fromVmm = new ByteQueue({ capacity: 1 << 16 });
  const toVmm = new ByteQueue({ capacity: 1 << 16 });
  const stdout = new ByteQueue({ capacity: 1 << 16 });
  const agent = {
    files: { list },
    connect: ({ unix }: { unix: string }) => {
      told.push(unix);
      const close = () => told.push('closed');
      return Promise.resolve({ incoming: fromVmm, outgoing: toVmm, close });
    },
  } as unknown as AgentClient;
  const stdin = new ByteQueue({ capacity: 1 << 10 });
  const call = (...argv: string[]) =>
    createKataRuntime(agent)({
      argv: ['kata-runtime', ...argv],
      stdin,
      stdout,
      stderr: stdout,
      signal: new AbortController().signal,
      terminal: { setRaw: (raw: boolean) => told.push(raw) },
    } as unknown as Invocation);
  return { call, fromVmm, toVmm, stdin, stdout, told };
}

describe('kata-runtime exec', () => {
  it('is a shell in the machine of the one sandbox whose id begins so', async () => {
    const { call, fromVmm, toVmm, stdout, told } = execOn({});
    const ended = call('exec', 'ab');
    expect(new TextDecoder().decode(await toVmm.read())).toBe('CONNECT 1026\n');
    fromVmm.push(text('OK 3\n'));
    expect(await toVmm.read()).toEqual(text('\r'));
    fromVmm.push(text('/ # '));
    fromVmm.end();
    expect(await ended).toBe(0);
    stdout.end();
    expect(await readAllText(stdout)).toBe('/ # ');
    expect(told).toEqual(['/run/vc/vm/abc1/kata.hvsock', true, 'closed', false]);
  });

  it('says where somebody else has it, and leaves', async () => {
    const { call, fromVmm, told } = execOn({});
    fromVmm.end();
    await expect(call('exec', 'ab')).rejects.toThrow('somebody else has the debug console');
    expect(told).toEqual(['/run/vc/vm/abc1/kata.hvsock', 'closed']);
  });

  it('gives the terminal back where the line breaks before the shell has begun', async () => {
    const { call, fromVmm, toVmm, told } = execOn({});
    const ended = call('exec', 'ab');
    await toVmm.read();
    toVmm.fail(new SandglassError('unavailable', 'The VMM has gone.'));
    fromVmm.push(text('OK 3\n'));
    await expect(ended).rejects.toThrow('The VMM has gone.');
    expect(told).toEqual(['/run/vc/vm/abc1/kata.hvsock', true, 'closed', false]);
  });

  it.each([
    ['there is none', absent, 'is not there'],
    [
      'the node does not say',
      () => Promise.reject(new SandglassError('unavailable', 'It has gone.')),
      'It has gone.',
    ],
  ])('says so where %s', async (_what, list, message) => {
    await expect(execOn({ list }).call('exec', 'ab')).rejects.toThrow(message);
  });
});
