import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import machine from '../../../lessons/en/01-a-node-you-can-open/01-the-machine-in-your-tab/checks.ts';
import namespaces from '../../../lessons/en/01-a-node-you-can-open/02-namespaces-and-cgroups-by-hand/checks.ts';
import bundles from '../../../lessons/en/01-a-node-you-can-open/03-an-oci-bundle-and-crun/checks.ts';
import { bashWith, saying, sceneOf, temporaryDirectory } from './scene.ts';

/** The machine's own processes as /proc/PID/stat has them, and the shell that looks, number 90. */
const own = ['1 (init) S 0', '2 (kthreadd) S 0', '9 (kworker/0:1) R 2', '40 (agent) R 1'];
const looking = ['90 (bash) R 40', '91 (cat) R 90'];
const login = '50 (bash) S 40';

/** With so many seconds of the processor's time, each. */
function stat(lines: readonly string[], seconds: number): string {
  const rest = `50 50 0 0 0 0 0 0 0 ${seconds * 100} 0 0 0`;
  return ['shell 90', ...lines.map((line) => `${line} ${rest}`), ''].join('\n');
}

const looks = (check: (scene: ReturnType<typeof sceneOf>) => unknown, ...lines: string[]) =>
  check(sceneOf({ run: saying(stat([...own, login, ...lines, ...looking], 3)) }));

describe('whoever computes', () => {
  const { busy } = machine['a-computer-in-a-tab'];

  it('is not the machine itself, nor the shell that looks', async () => {
    expect(await looks(busy)).toBe('idle');
  });

  it.each(['60 (yes) R 50', '60 (bash) R 50', '60 (cat) R 50'])('may be any: %s', async (line) => {
    expect(await looks(busy, line)).toBe(true);
  });

  it('is left as long as it computes or is stopped, whatever its name', async () => {
    const { ended } = machine['a-signal-is-all-it-hears'];
    const values = { name: 'bash', pid: '60' };
    const look = (line: string, ...passed: string[]) =>
      ended(sceneOf({ passed, run: saying(stat([...own, login, line, ...looking], 3)) }));
    expect(await look('60 (bash) R 50', 'asked')).toEqual({ reason: 'there', values });
    expect(await look('60 (bash) T 50', 'asked')).toEqual({ reason: 'there', values });
    expect(await look('60 (yes) Z 50', 'asked')).toBe(true);
    // Where nothing has been asked yet, that nothing is left says nothing.
    expect(await look('60 (yes) Z 50', 'stopped')).toBe('first');
  });
});

describe('whoever has lost somebody', () => {
  const { orphan, zombie } = machine['somebody-has-to-ask'];

  it('belongs to process 1, as the agent does', async () => {
    expect(await looks(orphan)).toBe('none');
    expect(await looks(orphan, '60 (bash) S 1')).toBe(true);
  });

  it('has a parent who is not about to ask', async () => {
    expect(await looks(zombie, '60 (bash) R 50', '61 (ls) Z 60')).toBe('none');
    expect(await looks(zombie, '60 (sleep) S 50', '61 (sleep) Z 60')).toBe(true);
  });

  it('still has not asked at the next look', async () => {
    const scenes = [
      ['60 (bash) S 50', '61 (ls) Z 60'],
      ['60 (bash) S 50', '62 (ls) Z 60'],
    ];
    const run = () => saying(stat([...own, login, ...(scenes.shift() ?? []), ...looking], 3))();
    expect(await zombie(sceneOf({ run }))).toBe('none');
    expect(scenes).toEqual([]);
  });
});

describe('a group with a limit', () => {
  const { limited } = namespaces['how-much'];
  const groups = ['kubepods', 'first', 'second'].map((name) => `/sys/fs/cgroup/${name}`);
  const look = (limits: readonly string[]) =>
    limited(
      sceneOf({
        run: (command) => saying((command.includes('memory.max') ? limits : groups).join('\n'))(),
      }),
    );

  it('may be any of several', async () => {
    expect(await look(['/sys/fs/cgroup/kubepods/memory.max:1000'])).toMatchObject({
      reason: 'controllers',
    });
    expect(await look(['/sys/fs/cgroup/second/memory.max:max'])).toEqual({
      reason: 'unlimited',
      values: { group: '/sys/fs/cgroup/second' },
    });
    expect(await look(['/sys/fs/cgroup/second/memory.max:1000'])).toBe(true);
  });
});

describe('a bundle', () => {
  const { root, list } = bundles['a-bundle'];

  /** A bundle with /bin/sleep, a link to it, and a file that cannot be run. */
  function bundle(config: unknown) {
    const directory = temporaryDirectory();
    mkdirSync(path.join(directory, 'rootfs/bin'), { recursive: true });
    writeFileSync(path.join(directory, 'rootfs/bin/sleep'), '', { mode: 0o755 });
    writeFileSync(path.join(directory, 'rootfs/bin/text'), '', { mode: 0o644 });
    writeFileSync(path.join(directory, 'rootfs/bin/a b'), '', { mode: 0o755 });
    symlinkSync('/bin/sleep', path.join(directory, 'rootfs/bin/rest'));
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    writeFileSync(path.join(directory, 'config.json'), text);
    return sceneOf({ run: bashWith('/root/', `${directory}/`) });
  }
  const running = (...args: string[]) =>
    bundle({ process: { args, cwd: '/bin/..' }, root: { path: 'rootfs' } });

  it.each(['sleep', '/bin/sleep', 'bin/sleep', 'rest', 'a b'])(
    'has the program %s below its root',
    async (program) => {
      expect(await root(running(program, '1'))).toBe(true);
    },
  );

  it.each(['text', '/sleep', 'none', '$(touch /root/was-run)', '/bin'])(
    'does not have %s to run there',
    async (program) => {
      const scene = running(program);
      expect(await root(scene)).toEqual({ reason: 'missing', values: { program } });
      expect((await scene.run('ls /root/was-run')).code).not.toBe(0);
    },
  );

  it.each(['null', '[]', '3', '{"process":null,"root":7}', '{"process":{"args":"sleep"}}'])(
    'may be nothing of the kind: %s',
    async (config) => {
      expect(await root(bundle(config))).toBe('nameless');
      expect(await list(bundle(config))).toBe('nameless');
    },
  );

  it('may have a shell, if that is told what to do', async () => {
    expect(await list(running('sh'))).toBe('shell');
    expect(await list(running('/bin/bash', '-l'))).toBe('shell');
    expect(await list(running('sh', '-c', 'sleep 86400'))).toBe(true);
    expect(await list(bundle('{'))).toMatchObject({ reason: 'broken' });
  });
});
