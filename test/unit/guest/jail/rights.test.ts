import { chmod, chown, copyFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProcessInit, shell } from './jail-specs.ts';
import { NativeJail, cannotJail } from './native-jail.ts';

/** Compiling all of the guest's programs first takes its time. */
const patience = 180_000;

const bits = (...numbers: number[]) =>
  numbers
    .reduce((sum, number) => sum | (1n << BigInt(number)), 0n)
    .toString(16)
    .padStart(16, '0');

describe.skipIf(cannotJail)(`rights${cannotJail ? ` (skipped: ${cannotJail})` : ''}`, () => {
  let jail: NativeJail;
  beforeAll(async () => {
    jail = await NativeJail.start();
  }, patience);
  afterAll(async () => {
    await jail[Symbol.asyncDispose]();
    expect(jail.errors).toBe('');
  });

  const says = (script: string, more: ProcessInit = {}, linux = {}) =>
    jail.says(script, { process: shell(script, more), linux });
  const lines = async (...parameters: Parameters<typeof says>) => {
    const { status, out, err } = await says(...parameters);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    return out.trimEnd().split('\n');
  };
  const fails = async (more: ProcessInit, linux = {}) => {
    const { stage, error, number } = await jail.create({ process: shell('true', more), linux });
    if (stage !== 'refused') await jail.remove(number);
    return { stage, error };
  };
  const status =
    'grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:)" /proc/self/status | tr -d "\\t "';

  it('is who the specification says, in its groups', async () => {
    const User = { UID: 1000, GID: 1001, AdditionalGids: [1001, 1234, 50_000] };
    expect(
      await lines('id -u; id -g; id -G; stat -c %u -L /dev/stdin /dev/stdout /dev/stderr', {
        User,
      }),
    ).toEqual([...['1000', '1001', '1001 1234 50000', '1000', '1000', '1000']]);
    expect(await lines('echo opened >/dev/stdout', { User })).toEqual(['opened']);
    expect(await lines('id -G')).toEqual(['0']);
  });

  it('has no right that was not given', async () => {
    const Capabilities = {
      Bounding: ['CAP_CHOWN', 'CAP_NET_RAW', 'CAP_SETUID', 'CAP_OF_THE_FUTURE'],
      Permitted: ['CAP_CHOWN', 'CAP_NET_RAW'],
      Effective: ['CAP_CHOWN'],
      Inheritable: ['CAP_NET_RAW'],
      Ambient: ['CAP_NET_RAW'],
    };
    // Root's execve takes all that is bounding; see capabilities(7), "Capabilities and execution of programs by root".
    expect((await lines(status, { Capabilities })).slice(3, 8)).toEqual([
      `CapInh:${bits(13)}`,
      `CapPrm:${bits(0, 7, 13)}`,
      `CapEff:${bits(0, 7, 13)}`,
      `CapBnd:${bits(0, 7, 13)}`,
      `CapAmb:${bits(13)}`,
    ]);
    const User = { UID: 1000, GID: 1000 };
    expect((await lines(status, { Capabilities, User })).slice(3, 8)).toEqual([
      `CapInh:${bits(13)}`,
      `CapPrm:${bits(13)}`,
      `CapEff:${bits(13)}`,
      `CapBnd:${bits(0, 7, 13)}`,
      `CapAmb:${bits(13)}`,
    ]);
    expect((await lines(status, { Capabilities: {} })).slice(4, 7)).toEqual([
      ...[`CapPrm:${bits()}`, `CapEff:${bits()}`, `CapBnd:${bits()}`],
    ]);
    const ambient = await jail.create({
      process: shell('', { Capabilities: { Ambient: ['CAP_KILL'] } }),
    });
    expect(await jail.start(ambient.number)).toMatchObject({
      stage: 'failed',
      error: 'raising CAP_KILL to ambient: operation not permitted',
    });
    await jail.remove(ambient.number);
  });

  it('gains nothing from set-user-id programs with no_new_privs', async () => {
    const program = path.join(jail.root, 'data/id');
    await copyFile('/usr/bin/id', program);
    await chmod(program, 0o4755);
    const User = { UID: 1000, GID: 1000 };
    expect(await lines('/data/id -u', { User })).toEqual(['0']);
    expect(await lines('/data/id -u', { User, NoNewPrivileges: true })).toEqual(['1000']);
    await rm(program);
  });

  it('has the limits that it asks for', async () => {
    const Rlimits = [
      { Type: 'RLIMIT_NOFILE', Soft: 64n, Hard: 128n },
      { Type: 'RLIMIT_CORE', Soft: 0n, Hard: 0n },
      { Type: 'RLIMIT_FSIZE', Soft: 5n << 32n, Hard: 2n ** 64n - 1n },
    ];
    expect(
      await lines('ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -Sf; ulimit -Hf', { Rlimits }),
    ).toEqual([...['64', '128', '0', String((5 * 2 ** 32) / 512), 'unlimited']]);
    expect(await fails({ Rlimits: [{ Type: 'RLIMIT_PATIENCE', Soft: 1n, Hard: 1n }] })).toEqual({
      stage: 'failed',
      error: '"RLIMIT_PATIENCE" is no resource that could be limited',
    });
    expect(await fails({ Rlimits: [{ Type: 'RLIMIT_NOFILE', Soft: 2n, Hard: 1n }] })).toEqual({
      stage: 'failed',
      error: 'setting RLIMIT_NOFILE: invalid argument',
    });
  });

  it('is as dispensable as it says', async () => {
    expect(await lines('cat /proc/self/oom_score_adj', { OOMScoreAdj: 999n })).toEqual(['999']);
    expect((await fails({ OOMScoreAdj: 5000n })).error).toBe(
      'setting oom_score_adj to 5000: invalid argument',
    );
  });

  it('has the environment that is given, and the home of its user', async () => {
    const Env = ['PATH=/usr/bin', 'ONE=1', 'TWO=zwei drei'];
    const env = async (more: ProcessInit) =>
      (await lines('env', { Env, ...more }))
        .filter((line) => !/^(_|PWD|OLDPWD|SHLVL)=/.test(line))
        .sort();
    expect(await env({})).toEqual(['HOME=/root', 'ONE=1', 'PATH=/usr/bin', 'TWO=zwei drei']);
    const User = { UID: 1000, GID: 1000 };
    expect(await env({ User })).toContain('HOME=/home/somebody');
    expect(await env({ User: { UID: 4711, GID: 0 } })).toContain('HOME=/');
    expect(await env({ User, Env: [...Env, 'HOME=/x'] })).toContain('HOME=/x');
  });

  it('begins in its working directory, made if need be', async () => {
    expect(await lines('pwd', { Cwd: '/made/for/it' })).toEqual(['/made/for/it']);
    expect(await fails({ Cwd: '/etc/passwd' })).toEqual({
      stage: 'failed',
      error: 'chdir to cwd ("/etc/passwd") set in config.json failed: not a directory',
    });
    await chmod(path.join(jail.root, 'made/for'), 0o700);
    const User = { UID: 1000, GID: 1000 };
    // Root has entered it before it became the user, as with runc.
    expect(await lines('cd . 2>/dev/null || echo outside', { User, Cwd: '/made/for/it' })).toEqual([
      'outside',
    ]);
  });

  it('says why a program cannot be executed, as runc says it', async () => {
    await writeFile(path.join(jail.root, 'data/plain'), 'no program');
    await writeFile(path.join(jail.root, 'data/strange'), 'no program', { mode: 0o755 });
    await writeFile(path.join(jail.root, 'data/orphan'), '#!/nowhere\n', { mode: 0o755 });
    const error = async (...Args: string[]) => (await fails({ Args })).error;
    expect(await error('nothing')).toBe('exec: "nothing": executable file not found in $PATH');
    expect(await error('/nothing')).toBe(
      'exec: "/nothing": stat /nothing: no such file or directory',
    );
    expect(await error('/data/plain')).toBe('exec: "/data/plain": permission denied');
    expect(await error('/data')).toBe('exec: "/data": is a directory');
    expect(await error()).toBe('args must not be empty');
    for (const [name, why] of [
      ['strange', 'exec format error'],
      ['orphan', 'no such file or directory'],
    ] as const) {
      const { stage, number } = await jail.create({
        process: shell('', { Args: [`/data/${name}`] }),
      });
      expect(stage).toBe('created');
      expect(await jail.start(number)).toMatchObject({
        stage: 'failed',
        error: `exec /data/${name}: ${why}`,
      });
      await jail.remove(number);
    }
    await writeFile(path.join(jail.root, 'data/of-another'), '', { mode: 0o700 });
    await chown(path.join(jail.root, 'data/of-another'), 1000, 1000);
    const weak = { Capabilities: {}, Args: ['/data/of-another'] };
    expect((await fails(weak)).error).toBe('exec: "/data/of-another": permission denied');
    const hidden = {
      Capabilities: {},
      User: { UID: 1000, GID: 1000 },
      Args: ['/data/secret/program'],
    };
    await writeFile(path.join(jail.root, 'data/only-root'), '', { mode: 0o700 });
    expect((await fails({ ...hidden, Args: ['/data/only-root'] })).error).toBe(
      'exec: "/data/only-root": permission denied',
    );
  });

  it('refuses in words what a virtual machine’s kernel has not', async () => {
    expect(await fails({ ApparmorProfile: 'some' })).toEqual({
      stage: 'refused',
      error: "apparmor is not supported by the machine's kernel",
    });
    expect(await fails({ SelinuxLabel: 'some' })).toMatchObject({ stage: 'refused' });
    expect(await fails({}, { Namespaces: [{ Type: 'mount' }, { Type: 'user' }] })).toEqual({
      stage: 'refused',
      error: 'a user namespace is not supported in a virtual machine',
    });
  });
});
