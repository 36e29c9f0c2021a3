import { beforeEach, describe, expect, it } from 'vitest';
import { readAllText } from '#base/byte-stream.ts';
import type { Hostcall, HostcallHandler } from '#guest/hostcalls.ts';
import { childrenOf, mountSlow, readUntil, text, useAgent, utf8 } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

const terminal = { columns: 80, rows: 24 };

describe.skipIf(cannotRunNatively)('commands served from outside', () => {
  const window = 65_536;
  const guest = useAgent({}, { window });
  /** What the test does with the next call. */
  let handler: HostcallHandler;

  beforeEach(async () => {
    await guest.agent.serveHostcalls((call) => handler(call));
  });

  /** Starts a shell command, and resolves with the call that it makes; `finish` ends the call. */
  async function called(command: string, options: { terminal?: typeof terminal } = {}) {
    let finish!: (end: Awaited<ReturnType<HostcallHandler>>) => void;
    const ended = new Promise<Awaited<ReturnType<HostcallHandler>>>((resolve) => {
      finish = resolve;
    });
    const call = new Promise<Hostcall>((resolve) => {
      handler = (one) => {
        resolve(one);
        return ended;
      };
    });
    const argv = ['sh', '-c', command];
    const shell = await guest.agent.spawn({ argv, stdin: true, ...options });
    return { shell, call: await call, finish };
  }

  /** The agent's only child besides the shell. */
  async function readerBeside(shell: { pid: number }): Promise<number> {
    const others = (await childrenOf(guest.agent.pid)).filter((pid) => pid !== shell.pid);
    expect(others).toHaveLength(1);
    return others[0] ?? NaN;
  }

  it('get arguments, directory, environment and who called', async () => {
    const calls: Hostcall[] = [];
    handler = async (call) => {
      calls.push(call);
      await call.stdout.write(utf8('out'));
      await call.stderr.write(utf8('err'));
      return 42;
    };
    await guest.sh('ln -s "$(command -v hostcall)" /run/kubectl; mkdir -m 777 /run/there');
    const { exit, stdout, stderr } = await guest.agent.run({
      argv: ['/run/kubectl', 'get', 'pods', '-o', ''],
      env: { HOME: '/root', EMPTY: '', EQUALS: 'a=b' },
      cwd: '/run/there',
      uid: 7,
      gid: 8,
    });
    expect({ exit, stdout: text(stdout), stderr: text(stderr) }).toEqual({
      exit: { code: 42 },
      stdout: 'out',
      stderr: 'err',
    });
    const [call] = calls;
    expect(call).toMatchObject({
      argv: ['/run/kubectl', 'get', 'pods', '-o', ''],
      cwd: '/run/there',
      env: { HOME: '/root', EMPTY: '', EQUALS: 'a=b' },
      credentials: { uid: 7, gid: 8 },
      terminal: undefined,
    });
  });

  it('read no more of the input than they ask for', async () => {
    handler = () => Promise.resolve(0);
    const loop = 'seq 3 | while read line; do hostcall "$line"; echo "did $line"; done';
    expect(await guest.sh(loop)).toBe('did 1\ndid 2\ndid 3');
  });

  it('read all input and write all output if they want, through pipes and files', async () => {
    handler = async ({ stdin, stdout }) => {
      const all = await readAllText(stdin);
      await stdout.write(utf8(all.toUpperCase()));
      return 0;
    };
    expect(await guest.sh('echo a pipe | hostcall | cat')).toBe('A PIPE');
    expect(await guest.sh('echo a file > /run/f; hostcall < /run/f > /run/g; cat /run/g')).toBe(
      'A FILE',
    );
    expect(await guest.sh('hostcall < /dev/null')).toBe('');
    const sum = 'seq 200000 | hostcall | (read first; echo $first; cat) | md5sum';
    expect(await guest.sh(sum)).toBe(await guest.sh('seq 200000 | md5sum'));
  });

  it('read a file that is slow to come, and leave what they do not ask for', async () => {
    await mountSlow(guest, '/run/slow');
    await guest.sh('seq 200000 > /run/slow.lower/f');
    const whole = await guest.sh('cat /run/slow/f');
    const { shell, call, finish } = await called('exec < /run/slow/f; hostcall; cat');
    const position = () => guest.sh(`sed -n 's/^pos:.//p' /proc/${shell.pid}/fdinfo/0`);
    const reader = await readerBeside(shell);
    process.kill(reader, 'SIGSTOP');
    const first = call.stdin.read();
    expect(await position()).toBe('0');
    expect(await Promise.race([first, Promise.resolve('stalled')])).toBe('stalled');
    process.kill(reader, 'SIGCONT');
    const taken = text(await first);
    expect(whole.startsWith(taken)).toBe(true);
    // The client gives a quarter of the window back at a time.
    const asked = window + (taken.length < window / 4 ? 0 : taken.length);
    await expect.poll(position).toBe(`${asked}`);
    finish(0);
    expect((await readAllText(shell.stdout)).trimEnd()).toBe(whole.slice(asked));
    expect(await shell.exited).toEqual({ code: 0 });
    await expect.poll(() => childrenOf(guest.agent.pid)).toEqual([]);
  });

  it('read a slow file to its end, or learn that they could not', async () => {
    await mountSlow(guest, '/run/slow');
    await guest.sh('seq 200000 > /run/slow.lower/f');
    handler = async ({ stdin, stdout }) => {
      await stdout.write(utf8(await readAllText(stdin)));
      return 0;
    };
    const sum = await guest.sh('md5sum < /run/slow/f');
    expect(await guest.sh('hostcall < /run/slow/f | md5sum')).toBe(sum);
    const { shell, call, finish } = await called('exec hostcall < /run/slow/f');
    process.kill(await readerBeside(shell), 'SIGKILL');
    await expect(readAllText(call.stdin)).rejects.toMatchObject({ errno: 'EIO' });
    finish(0);
    await shell.exited;
  });

  it('leave the flags of the streams alone', async () => {
    handler = async ({ stdin }) => {
      await stdin.read();
      return 0;
    };
    const flags = 'grep flags /proc/self/fdinfo/0';
    const [before, after] = (await guest.sh(`seq 3 | (${flags}; hostcall; ${flags})`)).split('\n');
    expect(after).toBe(before);
  });

  it('have exited only when their output is out', async () => {
    const lines = 100_000;
    handler = async ({ stdout }) => {
      for (let n = 0; n < lines; n += 1000) {
        await stdout.write(utf8(Array.from({ length: 1000 }, (_, k) => `${n + k}\n`).join('')));
      }
      return 3;
    };
    // The reader starts late, and reads a little at a time.
    const command = '{ hostcall; echo "code $?"; } | { read first; tail -n 2; }';
    expect(await guest.sh(command)).toBe(`${lines - 1}\ncode 3`);
  });

  it('are told when nobody reads their output', async () => {
    let failure: unknown;
    handler = async ({ stdout }) => {
      try {
        for (;;) await stdout.write(utf8('y\n'.repeat(1000)));
      } catch (error) {
        failure = error;
        return 1;
      }
    };
    expect(await guest.sh('hostcall | head -n 1')).toBe('y');
    expect(failure).toMatchObject({ errno: 'EPIPE' });
  });

  it('get signals, and choose how they are seen to have ended', async () => {
    const { shell, call, finish } = await called('exec hostcall');
    const seen: string[] = [];
    const got = new Promise<void>((resolve) => {
      call.onSignal((name) => {
        seen.push(name);
        if (name === 'SIGUSR1') resolve();
      });
    });
    shell.signal('SIGINT');
    // The order of different signals is the kernel's; this one is sent when the first has come.
    while (seen.length === 0) await guest.agent.ping();
    shell.signal('SIGUSR1');
    await got;
    expect(seen).toEqual(['SIGINT', 'SIGUSR1']);
    finish({ signal: 'SIGTERM' });
    expect(await shell.exited).toEqual({ signal: 'SIGTERM' });
  });

  it('end by a signal that they do not care about', async () => {
    const { shell, call, finish } = await called('exec hostcall');
    call.signal.addEventListener('abort', () => {
      finish(0);
    });
    shell.signal('SIGINT');
    expect(await shell.exited).toEqual({ signal: 'SIGINT' });
  });

  it('learn that their caller is gone', async () => {
    const { shell, call, finish } = await called('exec hostcall');
    const gone = new Promise((resolve) => {
      call.signal.addEventListener('abort', resolve);
    });
    shell.signal('SIGKILL');
    await gone;
    await expect(call.stdin.read()).rejects.toBeDefined();
    await expect(call.stdout.write(utf8('x'))).rejects.toMatchObject({ code: 'cancelled' });
    finish(0);
    handler = () => Promise.resolve(5);
    expect((await guest.agent.run({ argv: ['hostcall'] })).exit).toEqual({ code: 5 });
  });

  it('see the files of their caller', async () => {
    handler = async ({ files, stdout }) => {
      await files.write('written', await files.read('given'));
      await stdout.write(await files.read('/run/secret'));
      return 0;
    };
    const inside = 'mount -t tmpfs tmpfs /mnt; cd /mnt; echo hello > given; hostcall; cat written';
    const prepare = 'echo theirs > /run/other; mount --bind /run/other /run/secret';
    await guest.sh('echo ours > /run/secret');
    expect(await guest.sh(`unshare --mount sh -c '${prepare}; ${inside}'`)).toBe('theirs\nhello');
  });

  it('say why they failed', async () => {
    handler = () => Promise.reject(new Error('It cannot be.'));
    const { exit, stderr } = await guest.agent.run({ argv: ['hostcall'] });
    expect({ exit, stderr: text(stderr) }).toEqual({
      exit: { code: 1 },
      stderr: 'hostcall: It cannot be.\n',
    });
  });

  it('can be many at once', async () => {
    handler = async ({ argv, stdin, stdout }) => {
      await stdout.write(utf8(`${argv[1] ?? ''}${await readAllText(stdin)}`));
      return Number(argv[1]);
    };
    const runs = Array.from({ length: 20 }, async (_, n) => {
      const { exit, stdout } = await guest.agent.run(
        { argv: ['hostcall', `${n}`] },
        { input: '!' },
      );
      expect({ exit, stdout: text(stdout) }).toEqual({ exit: { code: n }, stdout: `${n}!` });
    });
    await Promise.all(runs);
  });

  it('have a terminal: its size, raw keys, and it is restored', async () => {
    const script = 'stty -a > /run/before; hostcall; stty -a > /run/after; echo done';
    const { shell, call, finish } = await called(script, { terminal });
    expect(call.terminal).toMatchObject({ size: terminal, stdin: true, stdout: true });
    const resized = new Promise((resolve) => call.terminal?.onResize(resolve));
    shell.resize({ columns: 100, rows: 50 });
    expect(await resized).toEqual({ columns: 100, rows: 50 });
    expect(call.terminal?.size).toEqual({ columns: 100, rows: 50 });
    call.terminal?.setRaw(true);
    await guest.agent.ping();
    // ^C is a key now, and nothing is echoed.
    await shell.stdin?.write(utf8('a\x03b'));
    let keys = '';
    while (keys.length < 3) keys += text(await call.stdin.read());
    expect(keys).toBe('a\x03b');
    await call.stdout.write(utf8('bare\nline\n'));
    finish(0);
    expect(await readUntil(shell.stdout, 'done')).toMatch(/^bare\nline\ndone/);
    const settings = 'sed 1d /run/before > /run/b; sed 1d /run/after | diff /run/b -';
    expect(await guest.sh(settings)).toBe('');
  });

  it('leave the terminal in order when the caller is killed', async () => {
    // The agent does it, which learns of the death when the shell does.
    const script =
      'echo $$; hostcall; until stty -a | grep -q " icanon"; do :; done; echo in order';
    const { shell, call, finish } = await called(script, { terminal });
    call.terminal?.setRaw(true);
    const gone = new Promise((resolve) => {
      call.signal.addEventListener('abort', resolve);
    });
    await guest.agent.ping();
    await guest.agent.system.signal(call.credentials.pid, 'SIGKILL');
    await gone;
    finish(0);
    await readUntil(shell.stdout, 'in order');
  });

  it('stop and go on with the terminal as others, and they, need it', async () => {
    const { shell, call, finish } = await called('exec hostcall', { terminal });
    const state = (wanted: string) =>
      guest.sh(`until grep -q "State:.${wanted}" /proc/${call.credentials.pid}/status; do :; done`);
    const mode = () =>
      guest.sh(`stty -F /proc/${call.credentials.pid}/fd/0 -a | grep -o ".\\?icanon"`);
    call.terminal?.setRaw(true);
    await guest.agent.ping();
    expect(await mode()).toBe('-icanon');
    shell.signal('SIGTSTP');
    await state('T');
    expect(await mode()).toBe(' icanon');
    shell.signal('SIGCONT');
    await state('[SR]');
    await guest.sh(
      `until stty -F /proc/${call.credentials.pid}/fd/0 -a | grep -q -- -icanon; do :; done`,
    );
    await shell.stdin?.write(utf8('k'));
    expect(text(await call.stdin.read())).toBe('k');
    finish(0);
    expect(await shell.exited).toEqual({ code: 0 });
  });
});

describe.skipIf(cannotRunNatively)('commands in the background', () => {
  const guest = useAgent();

  it('stop when they want what the terminal gives to others', async () => {
    let called!: (call: Hostcall) => void;
    const calling = new Promise<Hostcall>((resolve) => (called = resolve));
    let line = '';
    await guest.agent.serveHostcalls(async (call) => {
      called(call);
      line = text(await call.stdin.read());
      return 0;
    });
    const bash = await guest.agent.spawn({
      argv: ['bash', '--norc', '--noediting', '-i'],
      env: { PS1: '$ ' },
      extendEnv: true,
      terminal,
    });
    const type = (keys: string) => bash.stdin?.write(utf8(keys));
    await type('hostcall &\n');
    const { pid } = (await calling).credentials;
    await guest.sh(`until grep -q "State:.T" /proc/${pid}/status; do :; done`);
    await type('echo $((6 * 7))\n');
    await readUntil(bash.stdout, '42');
    expect(line).toBe('');
    await type('fg\n');
    await guest.sh(`until grep -q "State:.S" /proc/${pid}/status; do :; done`);
    await type('for me\n');
    await guest.sh(`while [ -d /proc/${pid} ]; do :; done`);
    await type('echo code $?\nexit\n');
    await readUntil(bash.stdout, 'code 0');
    expect(line).toBe('for me\n');
    await bash.exited;
  });
});

describe.skipIf(cannotRunNatively)('commands that nobody serves', () => {
  const guest = useAgent();

  it('say so', async () => {
    const { exit, stderr } = await guest.agent.run({ argv: ['hostcall', 'get'] });
    expect({ exit, stderr: text(stderr) }).toEqual({
      exit: { code: 69 },
      stderr: 'hostcall: this command runs outside the machine, and nobody there serves it now\n',
    });
  });

  it('say so after the service has ended, and while it ends', async () => {
    let taken!: () => void;
    const took = new Promise<void>((resolve) => (taken = resolve));
    const service = await guest.agent.serveHostcalls(({ signal }) => {
      taken();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(0);
        });
      });
    });
    const waiting = await guest.agent.spawn({ argv: ['hostcall'] });
    await took;
    service.close();
    const { exit } = await guest.agent.run({ argv: ['hostcall'] });
    expect(exit).toEqual({ code: 69 });
    const again = await guest.native.connect();
    expect(await again.ping()).toBeGreaterThan(0);
    await expect(waiting.exited).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('print their version', async () => {
    expect(await guest.sh('hostcall -v; pause -v; agent -v')).toMatch(
      /^hostcall \d+\npause \d+\nagent \d+$/,
    );
  });
});
