import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { NativeAgent, cannotRunNatively } from './native-agent.ts';

describe.skipIf(cannotRunNatively)('processes of the agent', () => {
  let native: NativeAgent;
  let agent: AgentClient;

  beforeEach(async () => {
    native = await NativeAgent.start();
    agent = await native.connect();
  }, 60_000);

  afterEach(async () => {
    await native[Symbol.asyncDispose]();
    expect(native.errors).toBe('');
  });

  it('answers a ping', async () => {
    expect(await agent.ping()).toBeGreaterThan(0);
  });

  it('runs a process and gives back its output, error output and exit code', async () => {
    const { exit, stdout, stderr } = await agent.run(
      {
        argv: ['sh', '-c', 'cat; echo oops >&2; exit 3'],
      },
      { input: 'hello' },
    );
    expect(exit).toEqual({ code: 3 });
    expect(new TextDecoder().decode(stdout)).toBe('hello');
    expect(new TextDecoder().decode(stderr)).toBe('oops\n');
  });

  it('gives a process a terminal of the size asked for, and resizes it', async () => {
    const shell = await agent.spawn({
      argv: ['sh', '-c', 'stty size; read x; stty size'],
      terminal: { columns: 97, rows: 31 },
    });
    const first = await shell.stdout.read();
    expect(new TextDecoder().decode(first)).toContain('31 97');
    shell.resize({ columns: 40, rows: 10 });
    await shell.stdin?.write(new TextEncoder().encode('\n'));
    expect(await readAllText(shell.stdout)).toContain('10 40');
    expect(await shell.exited).toEqual({ code: 0 });
  });

  it('says why a program cannot be started', async () => {
    await expect(agent.spawn({ argv: ['/no/such'] })).rejects.toMatchObject({
      code: 'not-found',
      errno: 'ENOENT',
      message: 'Cannot start /no/such: no such file or directory (ENOENT).',
    });
    await expect(agent.spawn({ argv: ['true'], cwd: '/nowhere' })).rejects.toMatchObject({
      message:
        'Cannot start true: it cannot change to directory /nowhere: no such file or directory (ENOENT).',
    });
  });
});
