import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import { readUntil, text, useAgent, utf8 } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

describe.skipIf(cannotRunNatively)('processes of the agent', () => {
  const guest = useAgent();

  it('answers a ping', async () => {
    expect(await guest.agent.ping()).toBeGreaterThan(0);
  });

  it('gives back output, error output and exit code', async () => {
    const script = 'cat; echo oops >&2; exit 3';
    const { exit, stdout, stderr } = await guest.agent.run(
      { argv: ['sh', '-c', script] },
      { input: 'hello' },
    );
    expect({ exit, stdout: text(stdout), stderr: text(stderr) }).toEqual({
      exit: { code: 3 },
      stdout: 'hello',
      stderr: 'oops\n',
    });
  });

  it('gives back the signal that killed it', async () => {
    const { exit } = await guest.agent.run({ argv: ['sh', '-c', 'kill -SEGV $$'] });
    expect(exit).toEqual({ signal: 'SIGSEGV' });
  });

  it('delivers signals to the process, and to its group', async () => {
    const script = 'trap "echo term; exit 7" TERM; sleep 1000 & echo $!; wait';
    const one = await guest.agent.spawn({ argv: ['sh', '-c', script] });
    const child = Number(await readUntil(one.stdout, '\n'));
    one.signal('SIGTERM');
    expect(await one.exited).toEqual({ code: 7 });
    expect(await readUntil(one.stdout, 'term')).toBe('term\n');
    await guest.agent.system.signal(child, 'SIGKILL');

    const all = await guest.agent.spawn({ argv: ['sh', '-c', 'sleep 1000 & echo up; wait'] });
    await readUntil(all.stdout, 'up');
    all.signal('SIGKILL', { group: true });
    expect(await all.exited).toEqual({ signal: 'SIGKILL' });
    // The stream ends only once the child has let go of it, too.
    expect(await readAllText(all.stdout)).toBe('');
  });

  it('refuses to signal who is not there', async () => {
    await expect(guest.agent.system.signal(4_000_000, 'SIGTERM')).rejects.toMatchObject({
      code: 'not-found',
      message: 'Cannot send SIGTERM to process 4000000: no such process (ESRCH).',
    });
    await expect(guest.agent.system.signal(0, 'SIGTERM')).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('sets environment, directory, user and groups', async () => {
    const { stdout } = await guest.agent.run({
      argv: ['sh', '-c', 'echo $A-$PATH; pwd; id -u; id -g; id -G'],
      env: { A: 'b=c', PATH: '/usr/bin:/bin' },
      cwd: '/usr',
      uid: 1234,
      gid: 99,
      groups: [5, 6],
    });
    expect(text(stdout)).toBe('b=c-/usr/bin:/bin\n/usr\n1234\n99\n99 5 6\n');
  });

  it('replaces the environment, extends it, or leaves it', async () => {
    const names = async (spec: { env?: Record<string, string>; extendEnv?: boolean }) =>
      text((await guest.agent.run({ argv: ['/usr/bin/env'], ...spec })).stdout);
    expect(await names({ env: { A: '1' } })).toBe('A=1\n');
    expect(await names({})).toContain('LANG=C.UTF-8\n');
    const extended = await names({ env: { LANG: 'x', B: '2' }, extendEnv: true });
    expect(extended).toContain('PATH=');
    expect(extended).toContain('LANG=x\n');
    expect(extended).toContain('B=2\n');
  });

  it('starts with default signals, standard streams alone and a group of its own', async () => {
    expect(await guest.sh('ls /proc/self/fd | tr "\\n" " "')).toBe('0 1 2 3');
    const status = await guest.sh('cat /proc/self/status');
    expect(status).toMatch(/^SigBlk:\t0+$/m);
    expect(status).toMatch(/^SigIgn:\t0+$/m);
    const { stdout } = await guest.agent.run({ argv: ['sh', '-c', 'echo $$; ps -o pgid= -p $$'] });
    const [pid, group] = text(stdout).trim().split(/\s+/);
    expect(group).toBe(pid);
  });

  it('says why a program cannot be started', async () => {
    const { agent } = guest;
    await expect(agent.spawn({ argv: ['/no/such'] })).rejects.toMatchObject({
      code: 'not-found',
      errno: 'ENOENT',
      message: 'Cannot start /no/such: no such file or directory (ENOENT).',
    });
    await expect(agent.spawn({ argv: ['/etc'] })).rejects.toMatchObject({
      code: 'permission-denied',
    });
    await expect(agent.spawn({ argv: ['true'], cwd: '/nowhere' })).rejects.toThrow(
      'Cannot start true: it cannot change to directory /nowhere: no such file or directory (ENOENT).',
    );
    await expect(agent.spawn({ argv: ['true'], cgroup: '/nowhere' })).rejects.toThrow(
      'it cannot join the cgroup /nowhere: no such file or directory (ENOENT).',
    );
    await expect(agent.spawn({ argv: [] })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('takes arguments longer than a frame, and says when they are too long', async () => {
    const argument = 'x'.repeat(100_000);
    const { stdout } = await guest.agent.run({
      argv: ['sh', '-c', 'echo ${#1} ${#2}', 'sh', argument, argument],
    });
    expect(text(stdout)).toBe('100000 100000\n');
    const argv = ['true', ...Array.from({ length: 12 }, () => argument)];
    await expect(guest.agent.spawn({ argv })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('does not wait for children that outlive it, and loses nothing that it wrote', async () => {
    const script = 'sleep 1000 & seq 30000; echo $!';
    const { exit, stdout } = await guest.agent.run({ argv: ['sh', '-c', script] });
    expect(exit).toEqual({ code: 0 });
    const lines = text(stdout).trim().split('\n');
    expect(lines.slice(0, -1)).toEqual(Array.from({ length: 30000 }, (_, n) => `${n + 1}`));
    await guest.agent.system.signal(Number(lines.at(-1)), 'SIGKILL');
  });

  it('reports the exit even if nobody reads the output', async () => {
    const writer = await guest.agent.spawn({ argv: ['head', '-c', '300000', '/dev/zero'] });
    expect(await writer.exited).toEqual({ code: 0 });
    expect(await writer.lengths).toEqual({ stdout: 300000, stderr: 0 });
    expect((await readAllText(writer.stdout)).length).toBe(300000);
  });

  it('reports the exit after all that was written', async () => {
    const script = 'echo up; until [ -e /run/go ]; do :; done; exec head -c 65536 /dev/zero';
    const writer = await guest.agent.spawn({ argv: ['sh', '-c', script] });
    await readUntil(writer.stdout, 'up');
    // A pipe full: more than goes out at once. The agent finds the output and the end at the same time, the way a busy machine may have it.
    process.kill(guest.native.pid, 'SIGSTOP');
    await writeFile(`/proc/${guest.native.pid}/root/run/go`, '');
    while (!/State:\tZ/.test(await readFile(`/proc/${writer.pid}/status`, 'utf8')));
    process.kill(guest.native.pid, 'SIGCONT');
    await writer.exited;
    writer.close();
    expect(await readAllText(writer.stdout)).toHaveLength(65536);
  });

  it('kills the process and its group when the caller gives up', async () => {
    const stop = new AbortController();
    const script = 'sleep 1000 & echo $!; wait';
    const victim = await guest.agent.spawn({ argv: ['sh', '-c', script] }, stop.signal);
    const child = (await readUntil(victim.stdout, '\n')).trim();
    stop.abort();
    await expect(victim.exited).rejects.toMatchObject({ code: 'cancelled' });
    await expect(victim.stdout.read()).rejects.toMatchObject({ code: 'cancelled' });
    // A zombie is dead enough: its new parent may take its time.
    const alive = (pid: string | number) => `grep -qs "State:.[^ZX]" /proc/${pid}/status`;
    await guest.sh(`while ${alive(victim.pid)} || ${alive(child)}; do :; done`);
  });

  it('can be given up before it has started', async () => {
    const stop = new AbortController();
    const started = guest.agent.spawn({ argv: ['sleep', '1000'] }, stop.signal);
    stop.abort();
    await expect(started).rejects.toMatchObject({ code: 'cancelled' });
    await expect(guest.agent.spawn({ argv: ['true'] }, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('hears the end of its input whatever others are being started', async () => {
    const cat = await guest.agent.spawn({ argv: ['cat'], stdin: true });
    // A fifo as its directory's cgroup.procs: this one waits before it executes, with all it inherited.
    await guest.sh('mkdir /run/stuck && mkfifo /run/stuck/cgroup.procs');
    const stop = new AbortController();
    const stuck = guest.agent.spawn({ argv: ['true'], cgroup: '/run/stuck' }, stop.signal);
    const given = expect(stuck).rejects.toMatchObject({ code: 'cancelled' });
    await guest.agent.ping();
    cat.stdin?.end();
    expect(await cat.exited).toEqual({ code: 0 });
    stop.abort();
    await given;
  });

  it('runs on when it is let go', async () => {
    const script = 'trap "" HUP PIPE; echo up; read line; touch /run/ran-on';
    const sleeper = await guest.agent.spawn({ argv: ['sh', '-c', script], stdin: true });
    await readUntil(sleeper.stdout, 'up');
    sleeper.close();
    await guest.sh('while ! [ -e /run/ran-on ]; do :; done');
  });
});

describe.skipIf(cannotRunNatively)('terminals of the agent', () => {
  const guest = useAgent();

  it('have the size asked for, and change it', async () => {
    const shell = await guest.agent.spawn({
      argv: [
        'sh',
        '-c',
        'trap "stty size; exit 0" WINCH; tty; stty size; while :; do read x; done',
      ],
      terminal: { columns: 97, rows: 31 },
    });
    expect(await readUntil(shell.stdout, '31 97\r\n')).toContain('/dev/pts/');
    expect(shell.stderr).toBeUndefined();
    shell.resize({ columns: 40, rows: 10 });
    expect(await readAllText(shell.stdout)).toBe('10 40\r\n');
    expect(await shell.exited).toEqual({ code: 0 });
  });

  it('send signals for keys', async () => {
    const cat = await guest.agent.spawn({ argv: ['cat'], terminal: { columns: 80, rows: 24 } });
    await cat.stdin?.write(utf8('abc\n'));
    await readUntil(cat.stdout, 'abc\r\nabc\r\n');
    await cat.stdin?.write(utf8('\x03'));
    expect(await cat.exited).toEqual({ signal: 'SIGINT' });
  });

  it('hang up when they are closed', async () => {
    const shell = await guest.agent.spawn({
      argv: ['sh', '-c', 'trap "touch /run/hung-up" HUP; echo up; read x; read y; :'],
      terminal: { columns: 80, rows: 24 },
    });
    await readUntil(shell.stdout, 'up');
    shell.close();
    await guest.sh('while ! [ -e /run/hung-up ]; do :; done');
  });
});

describe.skipIf(cannotRunNatively)('namespaces', () => {
  const guest = useAgent();

  /** The first process of new namespaces, as the agent numbers it. */
  async function enclosed(...flags: string[]): Promise<number> {
    const outer = await guest.agent.spawn({
      argv: ['unshare', '--fork', ...flags, 'sh', '-c', 'echo up; read x'],
      stdin: true,
    });
    await readUntil(outer.stdout, 'up');
    return Number(
      await guest.agent.files.readText(`/proc/${outer.pid}/task/${outer.pid}/children`),
    );
  }

  it('are entered, the PID namespace too, and the pid is the one we see', async () => {
    const flags = ['--pid', '--mount', '--net', '--uts', '--ipc', '--cgroup', '--mount-proc'];
    const init = await enclosed(...flags);
    const enter = ['mount', 'pid', 'network', 'uts', 'ipc', 'cgroup'] as const;
    const inside = await guest.agent.spawn({
      argv: [
        'sh',
        '-c',
        'hostname inside; echo $$; readlink /proc/self; cat /proc/net/dev; read x',
      ],
      namespaces: { of: init, enter },
      stdin: true,
    });
    const output = await readUntil(inside.stdout, 'lo:');
    const [shell, self] = output.split('\n').map(Number);
    expect(shell).toBe(2);
    expect(self).toBeLessThan(10);
    expect(output).not.toContain('eth');
    for (const name of ['mnt', 'pid', 'net', 'uts', 'ipc', 'cgroup']) {
      const path = (pid: number) => guest.agent.files.readLink(`/proc/${pid}/ns/${name}`);
      expect(await path(inside.pid)).toBe(await path(init));
      expect(await path(inside.pid)).not.toBe(await path(guest.agent.pid));
    }
    inside.signal('SIGKILL');
    expect(await inside.exited).toEqual({ signal: 'SIGKILL' });
    // We are back where we were.
    expect(await guest.sh('readlink /proc/self/ns/pid')).toBe(
      await guest.agent.files.readLink(`/proc/${guest.agent.pid}/ns/pid`),
    );
  });

  it('bring the root directory of the process along', async () => {
    const root = '/run/root';
    const binds = ['usr', 'proc'].map(
      (name) => `mkdir ${root}/${name} && mount --rbind /${name} ${root}/${name}`,
    );
    const links = ['bin', 'lib', 'lib64'].map((name) => `ln -s usr/${name} ${root}/${name}`);
    await guest.sh(['mkdir /run/root', ...binds, ...links, 'touch /run/root/here'].join(' && '));
    const outer = await guest.agent.spawn({
      argv: ['unshare', '--mount', 'chroot', root, '/bin/sh', '-c', 'echo up; read x'],
      stdin: true,
    });
    await readUntil(outer.stdout, 'up');
    const namespaces = { of: outer.pid, enter: ['mount'] as const };
    const { stdout } = await guest.agent.run({ argv: ['ls', '/'], namespaces });
    expect(text(stdout)).toBe('bin\nhere\nlib\nlib64\nproc\nusr\n');
  });

  it('of users are entered last', async () => {
    const init = await enclosed('--user', '--map-root-user', '--net');
    const { stdout } = await guest.agent.run({
      argv: ['sh', '-c', 'cat /proc/self/uid_map; id -u'],
      namespaces: { of: init, enter: ['user', 'network'] },
    });
    expect(text(stdout).trim().split(/\s+/)).toEqual(['0', '0', '1', '0']);
  });

  it('of a process that is gone are not found', async () => {
    await expect(
      guest.agent.spawn({ argv: ['true'], namespaces: { of: 4_000_000, enter: ['network'] } }),
    ).rejects.toThrow('it cannot enter the net namespace of process 4000000');
    await expect(
      guest.agent.spawn({ argv: ['true'], namespaces: { of: 4_000_000, enter: ['pid'] } }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});
