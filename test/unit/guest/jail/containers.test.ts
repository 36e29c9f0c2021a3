import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell } from './jail-specs.ts';
import { NativeJail, cannotJail } from './native-jail.ts';

/** Compiling all of the guest's programs first takes its time. */
const patience = 180_000;

describe.skipIf(cannotJail)(`a container${cannotJail ? ` (skipped: ${cannotJail})` : ''}`, () => {
  let jail: NativeJail;
  beforeAll(async () => {
    jail = await NativeJail.start();
  }, patience);
  afterAll(async () => {
    await jail[Symbol.asyncDispose]();
    expect(jail.errors).toBe('');
  });

  const lines = async (...parameters: Parameters<NativeJail['says']>) => {
    const { status, out, err } = await jail.says(...parameters);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    return out.trimEnd().split('\n');
  };

  it('has its workload as PID 1, and no other process', async () => {
    expect(await lines('echo $$; cat /proc/1/comm; ls /proc | grep -c "^[0-9]"')).toEqual([
      ...['1', 'sh', '3'],
    ]);
  });

  it('has namespaces of its own, or the agent’s where it lists none', async () => {
    const ask = 'for each in mnt pid ipc uts cgroup net; do readlink /proc/self/ns/$each; done';
    const ones = async (names: string[]) => {
      const Namespaces = names.map((Type) => ({ Type }));
      const number = await jail.run({
        process: shell(`${ask}; sleep 1000`),
        linux: { Namespaces },
      });
      const { out } = await jail.outcome(number, 'net:[');
      return { number, list: out.trimEnd().split('\n') };
    };
    const all = ['mount', 'pid', 'ipc', 'uts', 'cgroup'];
    const made = [await ones(all), await ones(all), await ones(['mount']), await ones(['mount'])];
    const [first, second, few, fewToo] = made.map(({ list }) => list);
    expect(first?.map((name, index) => name === second?.[index])).toEqual([
      ...[false, false, false, false, false, true],
    ]);
    // The PID namespace is never the machine's.
    expect(few?.map((name, index) => name === fewToo?.[index])).toEqual([
      ...[false, false, true, true, true, true],
    ]);
    for (const { number } of made) await jail.remove(number);
  });

  it('joins the namespaces of its sandbox’s first container', async () => {
    const pause = await jail.run({ process: shell('sleep 1000'), spec: { Hostname: 'first' } });
    await jail.holdSandbox(pause);
    const ask = 'cat /proc/1/comm /proc/sys/kernel/hostname; [ $$ != 1 ] && echo beside';
    expect(await lines(ask, { inSandbox: true })).toEqual(['sh', 'first', 'beside']);
    await jail.remove(pause);
    expect(await jail.create({ inSandbox: true })).toMatchObject({
      stage: 'refused',
      error: 'the first process of its PID namespace has stopped',
    });
    await jail.holdSandbox(undefined);
  });

  it('has its own hostname in a UTS namespace of its own', async () => {
    const spec = { Hostname: 'pod' };
    expect(await lines('cat /proc/sys/kernel/hostname', { spec })).toEqual(['pod']);
  });

  it('sees its cgroup as the root, read-only or not', async () => {
    const mount = (access: string) => ({
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', access],
    });
    const sysfs = {
      destination: '/sys',
      type: 'sysfs',
      source: 'sysfs',
      options: ['nosuid', 'ro'],
    };
    const look =
      'cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs; mkdir /sys/fs/cgroup/below 2>&1; :';
    const readOnly = await lines(look, { mounts: [sysfs, mount('ro')] });
    expect(readOnly.at(-1)).toBe(
      'mkdir: cannot create directory ‘/sys/fs/cgroup/below’: Read-only file system'.replaceAll(
        /[‘’]/g,
        "'",
      ),
    );
    expect(readOnly).toContain('0::/');
    expect(readOnly).toContain('1');
    // And what it made there goes with it.
    const before = await jail.census();
    expect((await lines(look, { mounts: [sysfs, mount('rw')] })).at(-1)).toMatch(/^\d+$/);
    expect(await jail.census()).toEqual(before);
  });

  it('sees the whole hierarchy where it has no cgroup namespace', async () => {
    const mounts = [
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'ro'] },
      {
        destination: '/sys/fs/cgroup',
        type: 'cgroup',
        source: 'cgroup',
        options: ['nosuid', 'rw'],
      },
    ];
    const linux = { Namespaces: [{ Type: 'mount' }, { Type: 'pid' }] };
    const said = await lines('grep ^0:: /proc/self/cgroup; cat /sys/fs/cgroup/pod/*/cgroup.procs', {
      mounts,
      linux,
    });
    expect(said[0]).toMatch(/\/pod\/container-\d+$/);
    expect(said).toContain('1');
  });

  it('has the usual devices and links, and those it lists', async () => {
    const Devices = [
      {
        Path: '/dev/deeper/zero',
        Type: 'c',
        Major: 1n,
        Minor: 5n,
        FileMode: 0o640,
        UID: 7,
        GID: 8,
      },
      { Path: '/dev/pipe', Type: 'p', FileMode: 0o600 },
    ];
    const ask = `stat -c '%n %F %a %u:%g %t:%T' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/deeper/zero /dev/pipe
      readlink /dev/fd /dev/stdin /dev/stdout /dev/stderr /dev/ptmx; head -c 3 /dev/zero | od -An -tx1; echo lost >/dev/null`;
    expect(await lines(ask, { linux: { Devices } })).toEqual([
      '/dev/null character special file 666 0:0 1:3',
      '/dev/zero character special file 666 0:0 1:5',
      '/dev/full character special file 666 0:0 1:7',
      '/dev/random character special file 666 0:0 1:8',
      '/dev/urandom character special file 666 0:0 1:9',
      '/dev/tty character special file 666 0:0 5:0',
      '/dev/deeper/zero character special file 640 7:8 1:5',
      '/dev/pipe fifo 600 0:0 0:0',
      ...['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', 'pts/ptmx'],
      ' 00 00 00',
    ]);
  });

  it('sets sysctls of its namespaces', async () => {
    const linux = { Sysctl: { 'kernel.shm_rmid_forced': '1', 'kernel/msgmax': '4096' } };
    expect(
      await lines('cat /proc/sys/kernel/shm_rmid_forced /proc/sys/kernel/msgmax', { linux }),
    ).toEqual([...['1', '4096']]);
    const fails = await jail.create({ linux: { Sysctl: { '../../etc/passwd': '1' } } });
    expect(fails).toMatchObject({ stage: 'failed' });
    expect(fails.error).toMatch(/^setting the sysctl \.\.\/\.\.\/etc\/passwd to "1": /);
    await jail.remove(fails.number);
  });
});
