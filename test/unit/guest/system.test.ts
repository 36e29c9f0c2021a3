import { release, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readUntil, text, useAgent, utf8 } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

describe.skipIf(cannotRunNatively)('the machine of the agent', () => {
  // Clock and entropy have no namespaces: they are tested in a machine of v86.
  const guest = useAgent({
    unshare: ['--net'],
    prepare: [
      'hostname node-1; printf "127.0.0.1 localhost\\n127.0.1.1\\tnode-1.local node-1 # node-1\\n" > /run/hosts',
      'touch /run/hostname /run/machine-id',
      'for file in hosts hostname machine-id; do mount --bind /run/$file /etc/$file || exit; done',
    ].join('; '),
  });

  it('tells facts', async () => {
    const before = Date.now();
    const facts = await guest.agent.system.facts();
    expect(facts.kernel.release).toBe(release());
    expect(facts.memory.total).toBe(totalmem());
    expect(facts.memory.available).toBeLessThan(facts.memory.total);
    expect(facts.memory.available).toBeGreaterThan(0);
    expect(facts.uptime).toBeGreaterThan(1000);
    expect(facts.wallTime).toBeGreaterThanOrEqual(before - 1);
    expect(facts.wallTime).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('gets a name and an id', async () => {
    const machineId = '0123456789abcdef0123456789abcdef';
    await guest.agent.system.setIdentity({ hostname: 'node-7', machineId });
    expect(await guest.sh('hostname; cat /etc/machine-id')).toBe(`node-7\n${machineId}`);
    expect((await guest.agent.system.facts()).hostname).toBe('node-7');
  });

  it.each(['n', 'a-name-that-is-longer'])('is called %s everywhere', async (hostname) => {
    await guest.agent.system.setIdentity({ hostname });
    expect(await guest.sh('cat /etc/hostname /etc/hosts')).toBe(
      `${hostname}\n127.0.0.1 localhost\n127.0.1.1\tnode-1.local ${hostname} # ${hostname}`,
    );
  });

  it('refuses what is none', async () => {
    const { system } = guest.agent;
    await expect(system.setIdentity({ machineId: 'X' })).rejects.toThrow('X is no machine id');
    await expect(system.setIdentity({ mac: '02:00' })).rejects.toThrow(
      '02:00 is no ethernet address.',
    );
    await expect(system.setIdentity({ mac: '02:00:00:00:00:01' })).rejects.toMatchObject({
      code: 'not-found',
      message:
        'Cannot give the machine its identity: it cannot set the hardware address: no such device (ENODEV).',
    });
    await expect(system.setIdentity({ hostname: 'x'.repeat(70) })).rejects.toThrow(
      'it cannot set the host name: invalid argument (EINVAL).',
    );
  });
});

describe.skipIf(cannotRunNatively)('what the agent finds at work', () => {
  const guest = useAgent({ unshare: ['--pid', '--fork', '--kill-child', '--mount-proc'] });
  const terminal = { columns: 80, rows: 24 };
  const shell = (command: string) =>
    guest.agent.spawn({ argv: ['bash', '--norc', '--noprofile', '-c', command], terminal });

  /** A shell at its first prompt: it has the terminal and waits. */
  async function shellAtPrompt() {
    const shell = await guest.agent.spawn({
      argv: ['bash', '--norc', '--noprofile'],
      env: { PATH: '/usr/bin:/bin', PS1: 'ready> ', TERM: 'dumb' },
      terminal,
    });
    await readUntil(shell.stdout, 'ready> ');
    return shell;
  }

  /** Asks until the answer is as it should be: a process takes a moment to come to rest. */
  const found = () => expect.poll(() => guest.agent.system.findWork(), { timeout: 10_000 });

  it('is nothing at first', async () => {
    expect(await guest.agent.system.findWork()).toBeUndefined();
  });

  it('is a process that only waits', async () => {
    const { pid } = await guest.agent.spawn({ argv: ['sleep', '1000'] });
    await found().toBe(pid);
    await guest.agent.system.signal(pid, 'SIGKILL');
    await found().toBeUndefined();
  });

  it('is not a shell at its prompt, but what it runs in the foreground and in the background', async () => {
    const { stdin, stdout } = await shellAtPrompt();
    await found().toBeUndefined();
    // What it prints is not what is typed: the job has the terminal then.
    await stdin?.write(utf8("sh -c 'echo $((40 + 2)); exec sleep 1000'\r"));
    await readUntil(stdout, '42');
    expect(await guest.agent.system.findWork()).toBeGreaterThan(0);
    await stdin?.write(utf8('\x1a'));
    await readUntil(stdout, 'Stopped');
    await found().toBeUndefined();
    await stdin?.write(utf8('bg\r'));
    await found().toBeGreaterThan(0);
  });

  it('is a program that took the place of its terminal’s shell', async () => {
    const { pid } = await shell('exec sleep 1000');
    const status = async () => text(await guest.agent.files.read(`/proc/${pid}/stat`));
    await expect.poll(status, { timeout: 10_000 }).toContain('(sleep) S');
    expect(await guest.agent.system.findWork()).toBe(pid);
  });

  it('is a shell that runs something itself', async () => {
    const { pid, stdout } = await shell('echo begun; while :; do :; done');
    await readUntil(stdout, 'begun');
    expect(await guest.agent.system.findWork()).toBe(pid);
  });
});
