import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Wanted, shell } from './jail-specs.ts';
import { NativeJail, cannotJail } from './native-jail.ts';

/** Compiling all of the guest's programs first takes its time. */
const patience = 180_000;

const SIGKILL = 9;
const SIGTERM = 15;

describe.skipIf(cannotJail)(
  `a container’s life${cannotJail ? ` (skipped: ${cannotJail})` : ''}`,
  () => {
    let jail: NativeJail;
    beforeAll(async () => {
      jail = await NativeJail.start();
    }, patience);
    afterAll(async () => {
      await jail[Symbol.asyncDispose]();
      expect(jail.errors).toBe('');
    });

    it('waits between its creation and its start', async () => {
      const { stage, number, pid } = await jail.create({
        process: shell('read line; echo got $line; exit 3'),
      });
      expect(stage).toBe('created');
      expect((await jail.pids(number)).pids).toEqual([pid]);
      await jail.write(number, 'early\n');
      expect(await jail.start(number)).toMatchObject({ stage: 'running', error: '' });
      expect(await jail.outcome(number)).toEqual({ status: 3, out: 'got early\n', err: '' });
      expect(await jail.pids(number)).toEqual({ pids: [], populated: false });
      expect((await jail.start(number)).stage).toBe('refused');
      await jail.remove(number);
    });

    it('tells standard output from error output, and when its input has ended', async () => {
      const number = await jail.run({ process: shell('cat; echo end; echo error >&2') });
      await jail.write(number, 'one\n');
      await jail.outcome(number, 'one\n');
      await jail.write(number, '');
      expect(await jail.outcome(number)).toEqual({ status: 0, out: 'one\nend\n', err: 'error\n' });
      await jail.remove(number);
    });

    it('holds nobody else’s streams while it waits to be started', async () => {
      const early = await jail.create();
      const reader = await jail.run({ process: shell('cat; echo end') });
      const late = await jail.create();
      // So that there is one whose descriptors have lower numbers, too.
      await jail.remove(early.number);
      const again = await jail.create();
      await jail.write(reader, '');
      expect(await jail.outcome(reader)).toEqual({ status: 0, out: 'end\n', err: '' });
      for (const number of [late.number, again.number, reader]) await jail.remove(number);
    });

    it('has a terminal of its own devpts', async () => {
      const Terminal = { Terminal: true, ConsoleSize: { Height: 33, Width: 99 } };
      const script =
        'tty; stty size; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all; ls /dev/pts; echo hello >/dev/console; read line; echo got $line';
      const number = await jail.run({ process: shell(script, Terminal) });
      await jail.outcome(number, 'hello\r\n');
      await jail.write(number, 'typed\n');
      const { status, out } = await jail.outcome(number);
      expect([status, out]).toEqual([
        0,
        '/dev/pts/0\r\n33 99\r\nall\r\n0  ptmx\r\nhello\r\ntyped\r\ngot typed\r\n',
      ]);
      await jail.remove(number);
      const user = shell('stat -c %u /dev/pts/0; tty', {
        ...Terminal,
        User: { UID: 1000, GID: 1000 },
      });
      const other = await jail.run({ process: user });
      expect((await jail.outcome(other)).out).toBe('1000\r\n/dev/pts/0\r\n');
      await jail.remove(other);
    });

    it('runs further processes in all of its namespaces and its cgroup', async () => {
      const number = await jail.run({
        process: shell('echo here >/tmp/mark; sleep 1000', { OOMScoreAdj: 500n }),
        mounts: [{ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: [] }],
        spec: { Hostname: 'inside' },
      });
      await jail.execSays(number, 'until [ -s /tmp/mark ]; do :; done');
      const ask = `cat /tmp/mark /proc/1/comm /proc/sys/kernel/hostname /proc/self/oom_score_adj; grep ^0:: /proc/self/cgroup
      for each in mnt pid ipc uts cgroup; do [ $(readlink /proc/1/ns/$each) = $(readlink /proc/self/ns/$each) ] || echo $each; done
      pwd; env | grep -c ^HOME=`;
      const { status, out } = await jail.execSays(number, ask, { Cwd: '/tmp' });
      expect([status, out.split('\n')]).toEqual([
        0,
        ['here', 'sh', 'inside', '500', '0::/', '/tmp', '1', ''],
      ]);
      const User = { UID: 1000, GID: 1000, AdditionalGids: [77] };
      expect(
        (await jail.execSays(number, 'id -u; id -G; grep CapEff /proc/self/status', { User })).out,
      ).toBe('1000\n1000 77\nCapEff:\t0000000000000000\n');
      const terminal = await jail.exec(number, shell('tty; exit 5', { Terminal: true }));
      expect(await jail.outcome(terminal.number)).toMatchObject({
        status: 5,
        out: '/dev/pts/0\r\n',
      });
      await jail.forget(terminal.number);
      await jail.remove(number);
    });

    it('says why a further process cannot be', async () => {
      const number = await jail.run({ process: shell('sleep 1000') });
      const fails = async (more: object) => {
        const { stage, error, number: name } = await jail.exec(number, shell('true', more));
        if (stage !== 'refused') await jail.forget(name);
        return `${stage}: ${error}`;
      };
      expect(await fails({ Args: ['nothing'] })).toBe(
        'failed: exec: "nothing": executable file not found in $PATH',
      );
      expect(await fails({ Cwd: '/nowhere' })).toBe(
        'failed: chdir to cwd ("/nowhere") set in config.json failed: no such file or directory',
      );
      await jail.pause(number);
      expect(await fails({})).toBe('refused: cannot exec in a paused container');
      await jail.resume(number);
      await jail.signal(number, SIGKILL);
      await jail.outcome(number);
      expect(await fails({})).toBe('refused: cannot exec in a stopped container');
      await jail.remove(number);
    });

    it('reaches descendants, and those that ignore signals by killing', async () => {
      const below = `trap 'echo below' TERM; echo ready; while :; do sleep 1000 & wait; done`;
      const script = `trap 'echo asked' TERM; sh -c "${below}" & while :; do wait; done`;
      const number = await jail.run({ process: shell(script) });
      await jail.outcome(number, 'ready');
      await jail.signal(number, SIGTERM);
      await jail.outcome(number, 'asked\n');
      expect((await jail.outcome(number, 'below\n')).status).toBe(-1);
      await jail.signal(number, SIGKILL);
      expect((await jail.outcome(number)).status).toBe(128 + SIGKILL);
      expect((await jail.pids(number)).populated).toBe(false);
      await jail.remove(number);
    });

    it('kills what is left in the sandbox’s PID namespace', async () => {
      const pause = await jail.run({ process: shell('exec sleep 1000') });
      await jail.holdSandbox(pause);
      const number = await jail.run({
        inSandbox: true,
        process: shell('setsid sleep 1000 >/dev/null 2>&1 </dev/null & exit 4'),
      });
      expect((await jail.outcome(number)).status).toBe(4);
      expect((await jail.pids(number)).populated).toBe(true);
      await jail.signal(number, SIGKILL);
      await jail.remove(number);
      expect((await jail.pids(pause)).pids).toHaveLength(1);
      await jail.holdSandbox(undefined);
      await jail.remove(pause);
    });

    it('stands still while it is paused', async () => {
      const number = await jail.run({ process: shell('while read line; do echo $line; done') });
      expect(await jail.pause(number)).toEqual({ result: 0, error: '' });
      await jail.write(number, 'while paused\n');
      const before = (await jail.stats(number)).cpuStats?.cpuUsage?.totalUsage;
      expect((await jail.stats(number)).cpuStats?.cpuUsage?.totalUsage).toBe(before);
      expect(await jail.resume(number)).toEqual({ result: 0, error: '' });
      expect((await jail.outcome(number, 'while paused\n')).out).toBe('while paused\n');
      // A paused one can be killed.
      await jail.pause(number);
      await jail.remove(number);
    });

    it('counts what it uses', async () => {
      const number = await jail.run({
        process: shell('i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; read x'),
      });
      await jail.outcome(number, 'done');
      const stats = await jail.stats(number);
      const {
        totalUsage = 0n,
        usageInUsermode = 0n,
        usageInKernelmode = 0n,
      } = stats.cpuStats?.cpuUsage ?? {};
      expect(totalUsage).toBeGreaterThan(1_000_000n);
      // Each is rounded to microseconds.
      expect(totalUsage - usageInUsermode - usageInKernelmode).toBeLessThanOrEqual(1000n);
      await jail.remove(number);
    });

    it('tells of limits that the kernel’s cgroups do not have', async () => {
      const { number } = await jail.create();
      await jail.start(number);
      await jail.outcome(number);
      const { memoryStats } = await jail.stats(number);
      const { result, error } = await jail.update(number, { Memory: { Limit: 64n << 20n } });
      // Where cgroup2 has the memory controller, the limit is there.
      if (result === 0)
        expect((await jail.stats(number)).memoryStats?.usage?.limit).toBe(64n << 20n);
      else
        expect([error, memoryStats?.usage?.limit]).toEqual([
          "this kernel's cgroups have no memory.max",
          0n,
        ]);
      expect(await jail.update(number, { Memory: { Limit: 2n, Swap: 1n } })).toEqual({
        result: -1,
        error: 'the limit of memory and swap is below that of memory',
      });
      await jail.remove(number);
    });

    const failures: [string, Wanted][] = [
      ['no root file system', { spec: { Root: { Path: '/nowhere' } } }],
      [
        'a bad mount',
        { mounts: [{ destination: '/data', type: 'bind', source: '/nowhere', options: [] }] },
      ],
      ['a bad device', { linux: { Devices: [{ Path: '/dev/x', Type: 'z' }] } }],
      ['a bad sysctl', { linux: { Sysctl: { 'kernel.no_such': '1' } } }],
      ['no such program', { process: shell('', { Args: ['/nothing'] }) }],
      ['no arguments', { process: shell('', { Args: [] }) }],
      [
        'a terminal without devices',
        { process: shell('', { Terminal: true }), spec: { Mounts: [] } },
      ],
      ['no such directory', { process: shell('', { Cwd: '/etc/passwd/x' }) }],
      ['a bad cgroup', { linux: { CgroupsPath: '/a/../../b' } }],
      ['no cgroup', { linux: { CgroupsPath: '' } }],
      ['a file for a cgroup', { linux: { CgroupsPath: '/pod/cgroup.procs/x' } }],
      ['a bad limit', { linux: { Resources: { Memory: { Limit: 2n, Swap: 1n } } } }],
      ['a bad filter', { linux: { Seccomp: { DefaultAction: 'SCMP_ACT_NOTIFY' } } }],
    ];
    it.each(failures)('leaves nothing behind after %s', async (_what, wanted) => {
      const before = await jail.census();
      const { stage, error, number } = await jail.create(wanted);
      expect(['refused', 'failed']).toContain(stage);
      expect(error).not.toBe('');
      if (stage === 'failed') await jail.remove(number);
      expect(await jail.census()).toEqual(before);
    });

    it('leaves nothing behind after its end, a failed start, or a creation that is given up', async () => {
      const before = await jail.census();
      await jail.says('sleep 1000 & exit 0');
      const { number } = await jail.create();
      await jail.remove(number);
      const second = await jail.run({ process: shell('sleep 1000 & sleep 1000') });
      const further = await jail.exec(second, shell('sleep 1000', { Terminal: true }));
      await jail.destroy(second);
      await jail.forget(further.number);
      await jail.forget(second);
      const killed = await jail.create();
      await jail.signal(killed.number, SIGKILL);
      await jail.outcome(killed.number);
      expect(await jail.hear(killed.number)).toMatchObject({
        stage: 'failed',
        error: 'it was killed before it was started',
      });
      expect(await jail.start(killed.number)).toMatchObject({
        error: 'cannot start a container that is not created, or has been started',
      });
      await jail.remove(killed.number);
      expect(await jail.census()).toEqual(before);
    });
  },
);
