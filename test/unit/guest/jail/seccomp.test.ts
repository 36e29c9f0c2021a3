import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSeccompProfile } from '#cri/spec/seccomp-profile.ts';
import { type ProcessInit, shell } from './jail-specs.ts';
import { NativeJail, cannotJail } from './native-jail.ts';

/** Compiling all of the guest's programs first takes its time. */
const patience = 180_000;

const SIGSYS = 31;
const numbers = { ESRCH: 3, EPERM: 1, ENOSYS: 38 };
/** Of x86-64, on which these tests run. */
const calls = { getpgid: 121, mseal: 462 };

interface Rule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: { index: number; value: bigint; valueTwo?: bigint; op: string }[];
}

const profile = (defaultAction: string, rules: Rule[], Flags: string[] = []) => ({
  Seccomp: {
    DefaultAction: defaultAction,
    Flags,
    Syscalls: rules.map(({ names, action, errnoRet, args = [] }) => ({
      Names: names,
      Action: action,
      ...(errnoRet !== undefined && { ErrnoRet: { case: 'errnoret' as const, value: errnoRet } }),
      Args: args.map(({ index, value, valueTwo = 0n, op }) => ({
        Index: BigInt(index),
        Value: value,
        ValueTwo: valueTwo,
        Op: op,
      })),
    })),
  },
});

const denying = (...rules: Rule[]) => profile('SCMP_ACT_ALLOW', rules);

describe.skipIf(cannotJail)(`seccomp${cannotJail ? ` (skipped: ${cannotJail})` : ''}`, () => {
  let jail: NativeJail;
  beforeAll(async () => {
    jail = await NativeJail.start();
  }, patience);
  afterAll(async () => {
    await jail[Symbol.asyncDispose]();
    expect(jail.errors).toBe('');
  });

  const says = (script: string, linux: object, more: ProcessInit = {}) =>
    jail.says(script, { process: shell(script, more), linux });
  /** The errno of each call of getpgid(2), which finds no such process, with these arguments. */
  const errnos = async (linux: object, ...values: bigint[]) => {
    const list = values.map((value) => `0x${value.toString(16)}`).join(' ');
    const script = `perl -e 'no warnings; for (@ARGV) { $! = 0; syscall(${calls.getpgid}, hex); print 0 + $!, "\\n" }' ${list}`;
    const { out, err } = await says(script, linux);
    expect(err).toBe('');
    return out.trimEnd().split('\n').map(Number);
  };
  const nobody = 0x7fff_0000n;

  it.each([
    ['SCMP_ACT_ERRNO', 1, "mkdir: cannot create directory '/data/x': Operation not permitted\n"],
    ['SCMP_ACT_KILL', 128 + SIGSYS, 'Bad system call\n'],
    ['SCMP_ACT_KILL_THREAD', 128 + SIGSYS, 'Bad system call\n'],
    ['SCMP_ACT_KILL_PROCESS', 128 + SIGSYS, 'Bad system call\n'],
    ['SCMP_ACT_TRAP', 128 + SIGSYS, 'Bad system call\n'],
    ['SCMP_ACT_TRACE', 1, "mkdir: cannot create directory '/data/x': Function not implemented\n"],
    ['SCMP_ACT_LOG', 0, ''],
  ])('does what %s says', async (action, status, err) => {
    const linux = denying({ names: ['mkdir', 'mkdirat', 'no_such_call'], action });
    const said = await says('mkdir /data/x; code=$?; rmdir /data/x 2>/dev/null; exit $code', linux);
    expect(said).toEqual({ status, out: '', err });
  });

  it('answers with the error that is given', async () => {
    expect(
      await errnos(denying({ names: ['getpgid'], action: 'SCMP_ACT_ERRNO', errnoRet: 77 }), nobody),
    ).toEqual([77]);
    expect(await errnos(denying(), nobody)).toEqual([numbers.ESRCH]);
  });

  const values = [
    0n,
    5n,
    6n,
    7n,
    1n << 32n,
    (1n << 32n) + 5n,
    (1n << 32n) + 6n,
    (6n << 32n) + 1n,
    (7n << 32n) + 6n,
    2n ** 64n - 1n,
  ];
  const operators: [string, bigint, bigint, (value: bigint) => boolean][] = [];
  for (const than of [6n, (1n << 32n) + 6n, 6n << 32n, 0n, 2n ** 64n - 1n]) {
    operators.push(
      ['SCMP_CMP_NE', than, 0n, (value) => value !== than],
      ['SCMP_CMP_LT', than, 0n, (value) => value < than],
      ['SCMP_CMP_LE', than, 0n, (value) => value <= than],
      ['SCMP_CMP_EQ', than, 0n, (value) => value === than],
      ['SCMP_CMP_GE', than, 0n, (value) => value >= than],
      ['SCMP_CMP_GT', than, 0n, (value) => value > than],
      [
        'SCMP_CMP_MASKED_EQ',
        than,
        than & 0x5_0000_0005n,
        (value) => (value & than) === (than & 0x5_0000_0005n),
      ],
    );
  }
  it.each(operators)(
    'compares 64 bits of an argument: %s %d %d',
    async (op, value, valueTwo, holds) => {
      const linux = denying({
        names: ['getpgid'],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: 77,
        args: [{ index: 0, value, valueTwo, op }],
      });
      const denied = (await errnos(linux, ...values)).map((errno) => errno === 77);
      expect(denied).toEqual(values.map(holds));
    },
  );

  it('wants all conditions on several arguments, one of those on the same', async () => {
    const rule = (...args: NonNullable<Rule['args']>) =>
      denying({ names: ['getpgid'], action: 'SCMP_ACT_ERRNO', errnoRet: 77, args });
    const equal = (index: number, value: bigint) => ({ index, value, op: 'SCMP_CMP_EQ' });
    const other = { index: 0, value: 0x700n, op: 'SCMP_CMP_GE' };
    expect(await errnos(rule(equal(0, nobody), equal(1, 12_345n)), nobody)).toEqual([
      numbers.ESRCH,
    ]);
    expect(
      await errnos(rule(equal(0, nobody), equal(0, nobody + 1n)), nobody, nobody + 1n, nobody + 2n),
    ).toEqual([...[77, 77, numbers.ESRCH]]);
    expect(await errnos(rule(other, equal(0, 1n)), nobody, 1n)).toEqual([77, 77]);
  });

  it('takes the first rule that holds', async () => {
    const allow = { names: ['getpgid'], action: 'SCMP_ACT_ALLOW' };
    const deny = { names: ['getpgid'], action: 'SCMP_ACT_ERRNO', errnoRet: 77 };
    const args = [{ index: 0, value: nobody, op: 'SCMP_CMP_EQ' }];
    expect(await errnos(denying({ ...allow, args }, deny), nobody, nobody + 1n)).toEqual([
      numbers.ESRCH,
      77,
    ]);
    expect(await errnos(denying({ ...deny, args }, allow), nobody, nobody + 1n)).toEqual([
      77,
      numbers.ESRCH,
    ]);
    expect(await errnos(denying(allow, { ...deny, args }), nobody)).toEqual([numbers.ESRCH]);
  });

  /** What these programs need here and the profile, which is i386's, does not name. */
  const native = { names: ['arch_prctl'], action: 'SCMP_ACT_ALLOW' };
  const runtimeDefault = () => {
    const { defaultAction, syscalls } = defaultSeccompProfile([]);
    const rules = syscalls.map(({ names, action, errnoRet, args }) => ({
      names,
      action,
      ...(errnoRet !== undefined && { errnoRet }),
      ...(args && {
        args: args.map(({ index, value, valueTwo = 0, op }) => ({
          index,
          value: BigInt(value),
          valueTwo: BigInt(valueTwo),
          op,
        })),
      }),
    }));
    return profile(defaultAction, [...rules, native]);
  };

  it('runs programs by the runtime’s default profile, which keeps them from what it does not name', async () => {
    const script = `grep Seccomp: /proc/self/status; unshare --uts true 2>&1; echo $(seq 100) | wc -w
      perl -e '$! = 0; syscall(${calls.mseal}, 0, 0, 0); print 0 + $!, "\\n"'`;
    const { out, err } = await says(script, runtimeDefault(), { Capabilities: {} });
    expect({ out, err }).toEqual({
      out: `Seccomp:\t2\nunshare: unshare failed: Operation not permitted\n100\n${numbers.ENOSYS}\n`,
      err: '',
    });
  });

  it('finds its way through a filter of thousands of instructions', async () => {
    const value = 0xdead_beef_cafen;
    const names = defaultSeccompProfile([]).syscalls.flatMap((rule) => rule.names);
    const args = [{ index: 0, value, op: 'SCMP_CMP_EQ' }];
    const rules = names.map((name, errnoRet) => ({
      names: [name],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 1000 + errnoRet,
      args,
    }));
    const expected = 1000 + names.indexOf('getpgid');
    expect(await errnos(denying(...rules), nobody, value)).toEqual([numbers.ESRCH, expected]);
    const ask = `perl -e '$! = 0; syscall(${calls.mseal}, 0, 0, 0); print 0 + $!, "\n"'`;
    expect((await says(ask, denying(...rules))).out).toBe('0\n');
  });

  it('is there whether or not there is no_new_privs, for further processes, too', async () => {
    const User = { UID: 1000, GID: 1000 };
    for (const NoNewPrivileges of [false, true]) {
      const more = { User, NoNewPrivileges, Capabilities: {} };
      const number = await jail.run({
        process: shell('sleep 1000', more),
        linux: runtimeDefault(),
      });
      const ask = 'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | cut -f2';
      expect((await jail.execSays(number, ask, more)).out).toBe(
        `0000000000000000\n${NoNewPrivileges ? 1 : 0}\n2\n`,
      );
      await jail.remove(number);
    }
  });

  it('hits no more of the jail’s own calls than it must', async () => {
    const own = [
      'setuid',
      'setgid',
      'setgroups',
      'chdir',
      'capget',
      'sendmsg',
      'mount',
      'close_range',
    ];
    const linux = (...names: string[]) => denying({ names, action: 'SCMP_ACT_KILL' });
    const User = { UID: 1000, GID: 1000, AdditionalGids: [1000] };
    expect((await says('exit 7', linux(...own), { User, Capabilities: {} })).status).toBe(7);
    const late = { User, Capabilities: {}, NoNewPrivileges: true };
    expect((await says('exit 7', linux(...own, 'capset', 'prctl'), late)).status).toBe(7);
    const early = await jail.create({
      process: shell('', { User, Capabilities: {} }),
      linux: denying({ names: ['capset'], action: 'SCMP_ACT_ERRNO' }),
    });
    expect(await jail.start(early.number)).toMatchObject({
      stage: 'failed',
      error: 'setting capabilities: operation not permitted',
    });
    await jail.remove(early.number);
  });

  it('refuses profiles that it cannot do', async () => {
    const error = async (linux: object) => {
      const { stage, error: why } = await jail.create({ linux });
      expect(stage).toBe('refused');
      return why;
    };
    expect(await error(profile('SCMP_ACT_NOTIFY', []))).toBe(
      'the seccomp action SCMP_ACT_NOTIFY is not supported',
    );
    expect(await error(denying({ names: ['mkdir'], action: 'NO' }))).toBe(
      'the seccomp action NO is not supported',
    );
    expect(await error(profile('SCMP_ACT_ALLOW', [], ['SECCOMP_FILTER_FLAG_NEW_LISTENER']))).toBe(
      'the seccomp flag SECCOMP_FILTER_FLAG_NEW_LISTENER is not supported',
    );
    const args = (index: number, op: string) => [{ index, value: 1n, op }];
    const rule = { names: ['mkdir'], action: 'SCMP_ACT_ERRNO' };
    expect(await error(denying({ ...rule, args: args(6, 'SCMP_CMP_EQ') }))).toBe(
      'seccomp: a system call has no argument 6',
    );
    expect(await error(denying({ ...rule, args: args(0, 'SCMP_CMP_XX') }))).toBe(
      'the seccomp comparison "SCMP_CMP_XX" is unknown',
    );
    expect((await jail.census()).cgroups).toBe(1);
  });
});
