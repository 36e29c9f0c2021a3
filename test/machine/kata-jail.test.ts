import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSeccompProfile } from '#cri/spec/seccomp-profile.ts';
import type { SeccompSpec } from '#oci/runtime-spec.ts';
import { LinuxSchema } from '#runtimes/kata/oci_pb.ts';
import type { LinuxInit } from '../unit/guest/jail/jail-specs.ts';
import { KataGuest, method, specOf } from './kata-guest.ts';

/** Of what containers are made of, the part that takes cgroup2's controllers or i386: the rest is tested natively. */
let guest: KataGuest;
beforeAll(async () => {
  guest = await KataGuest.boot({ memory: 64 });
  await guest.createSandbox();
});
afterAll(() => {
  guest.dispose();
});

const remove = (id: string) => guest.agent.call(method.removeContainer, { containerId: id });

const linux = (id: string, more: LinuxInit) => ({
  Linux: create(LinuxSchema, {
    CgroupsPath: `/pod/${id}`,
    Namespaces: ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map((Type) => ({ Type })),
    ...more,
  }),
});

/** What a container of this one script says. */
async function says(script: string, more: LinuxInit = {}) {
  await guest.run('one', ['sh', '-c', script], {}, linux('one', more));
  const [output, errors, status] = await Promise.all([
    guest.output('one'),
    guest.output('one', '', 'readStderr'),
    guest.status('one'),
  ]);
  await remove('one');
  return { output, errors, status };
}

const seccomp = ({ defaultAction, syscalls }: SeccompSpec): LinuxInit => ({
  Seccomp: {
    DefaultAction: defaultAction,
    Syscalls: syscalls.map(({ names, action, errnoRet, args = [] }) => ({
      Names: names,
      Action: action,
      ...(errnoRet !== undefined && { ErrnoRet: { case: 'errnoret' as const, value: errnoRet } }),
      Args: args.map(({ index, value, valueTwo = 0, op }) => ({
        Index: BigInt(index),
        Value: BigInt(value),
        ValueTwo: BigInt(valueTwo),
        Op: op,
      })),
    })),
  },
});

describe('the limits of a container', () => {
  const limit = 15n << 20n;

  it('are those that it asks for, and can be changed', async () => {
    const Resources = {
      Memory: { Limit: limit, Swap: limit },
      CPU: { Shares: 1024n, Quota: 50_000n, Period: 100_000n, Cpus: '0', Mems: '0' },
      Pids: { Limit: 20n },
    };
    await guest.run('one', ['sleep', '1000'], {}, linux('one', { Resources }));
    const files = 'memory.max cpu.weight cpu.max pids.max'.split(' ');
    const ask = async () =>
      (await guest.ask('one', `cd /sys/fs/cgroup; cat ${files.join(' ')}`)).output
        .split('\n')
        .slice(0, 4);
    expect(await ask()).toEqual([`${limit}`, '39', '50000 100000', '20']);
    await guest.agent.call(method.updateContainer, {
      containerId: 'one',
      resources: {
        Memory: { Limit: 2n * limit },
        CPU: { Shares: 2n, Quota: -1n },
        Pids: { Limit: -1n },
      },
    });
    expect(await ask()).toEqual([`${2n * limit}`, '1', 'max 100000', 'max']);
    const { cgroupStats } = await guest.agent.call(method.statsContainer, { containerId: 'one' });
    expect(cgroupStats?.memoryStats?.usage?.limit).toBe(2n * limit);
    expect(cgroupStats?.memoryStats?.stats['anon']).toBeGreaterThan(0n);
    expect(cgroupStats?.cpuStats?.cpuUsage?.totalUsage).toBeGreaterThan(0n);
    await remove('one');
  });

  it('have who uses too much memory killed, and somebody told', async () => {
    const told = guest.agent.call(method.getOOMEvent, {});
    const more = { Resources: { Memory: { Limit: limit, Swap: limit } } };
    const { status } = await says('exec busybox dd if=/dev/zero of=/dev/null bs=20M', more);
    expect(status).toBe(128 + 9);
    expect(await told).toMatchObject({ containerId: 'one' });
  });

  it('hold for the number of processes', async () => {
    const more = { Resources: { Pids: { Limit: 3n } } };
    const { errors } = await says('sleep 1000 & sleep 1000 & sleep 1000 & :', more);
    expect(errors).toMatch(/fork/);
  });

  it('may be too low to begin with', async () => {
    const more = linux('one', { Resources: { Memory: { Limit: 4096n, Swap: 4096n } } });
    await expect(guest.create('one', ['true'], {}, more)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/memory/) as string,
    });
    // Nothing of it is in the way.
    expect(await says('echo well')).toEqual({ output: 'well\n', errors: '', status: 0 });
  });
});

describe('a container', () => {
  it('stands still while it is paused', async () => {
    const { agent } = guest;
    await guest.run('one', ['sh', '-c', 'while read line; do echo $line; done']);
    await agent.call(method.pauseContainer, { containerId: 'one' });
    await expect(guest.ask('one', 'true')).rejects.toMatchObject({
      message: expect.stringContaining('cannot exec in a paused container') as string,
    });
    await guest.write('one', 'later\n');
    await agent.call(method.resumeContainer, { containerId: 'one' });
    await agent.call(method.closeStdin, { containerId: 'one' });
    expect(await guest.output('one')).toBe('later\n');
    await remove('one');
  });

  it('may divide its cgroup, and is entered nevertheless', async () => {
    const options = ['nosuid', 'noexec', 'nodev', 'rw'];
    const { Mounts } = specOf('one', [], {}, {});
    const script = `cd /sys/fs/cgroup && busybox mkdir below && echo 1 >below/cgroup.procs &&
      echo +memory >cgroup.subtree_control && echo divided; exec sleep 1000`;
    await guest.run(
      'one',
      ['sh', '-c', script],
      {},
      {
        ...linux('one', {}),
        Mounts: Mounts.map((mount) =>
          mount.destination === '/sys/fs/cgroup' ? { ...mount, options } : mount,
        ),
      },
    );
    const part = await guest.agent.call(method.readStdout, { containerId: 'one', len: 100 });
    expect(new TextDecoder().decode(part.data)).toBe('divided\n');
    expect((await guest.ask('one', 'cat /proc/self/cgroup')).output).toBe('0::/below\n');
    await remove('one');
  });

  it('has the sysctls that it asks for, also those that no namespace has', async () => {
    const Sysctl = { 'net.ipv4.ip_unprivileged_port_start': '80', 'vm.overcommit_ratio': '51' };
    const ask = 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/vm/overcommit_ratio';
    expect((await says(ask, { Sysctl })).output).toBe('80\n51\n');
  });

  it('runs programs of i386 by the default profile', async () => {
    const { output, status } = await says(
      `while read line; do case $line in Seccomp:*) echo "$line";; esac; done </proc/self/status
       busybox ifconfig lo | head -n 1 | cut -c 1-2; busybox unshare -u true; echo $?`,
      seccomp(defaultSeccompProfile([])),
    );
    expect({ output, status }).toEqual({ output: 'Seccomp:\t2\nlo\n1\n', status: 0 });
  });

  it('is denied a call by both ways that i386 has to it', async () => {
    // musl takes the other when one is not implemented.
    const ENOSYS = 38;
    const { errors } = await says(
      'busybox ifconfig lo',
      seccomp({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['socket'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS }],
      }),
    );
    expect(errors).toMatch(/socket.*Function not implemented/);
  });
});
