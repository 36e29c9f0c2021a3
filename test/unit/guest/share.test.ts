import { describe, expect, it } from 'vitest';
import { text, useAgent } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

const shared = '/run/sid/shared';

describe.skipIf(cannotRunNatively)('the directory that a machine shares with the node', () => {
  const guest = useAgent();
  const sh = (command: string) => guest.sh(command);

  async function share(...argv: string[]): Promise<{ exit: unknown; said: string }> {
    const { exit, stderr } = await guest.agent.run({ argv: ['share', ...argv] });
    return { exit, said: text(stderr) };
  }
  const done = { exit: { code: 0 }, said: '' };
  const mountsBelow = (path: string) =>
    sh(`awk '$5 ~ "^${path}" { print $5 }' /proc/self/mountinfo | cut -c -60`);

  /** Layers of an image, and a volume with another one mounted in it. */
  const prepare = () =>
    sh(`mkdir -p ${shared} /run/lower /run/upper /run/work /run/volume; echo image > /run/lower/f
      mount -t tmpfs -o nodev,noexec volume /run/volume; echo volume > /run/volume/f; echo one > /run/file
      mkdir /run/volume/inner; mount -t tmpfs inner /run/volume/inner; echo inner > /run/volume/inner/f`);
  const overlay = (id: string) => [
    '--overlay',
    `${shared}/${id}/rootfs`,
    'lowerdir=/run/lower,upperdir=/run/upper,workdir=/run/work',
  ];

  it('gets the root and the volumes of a container, and loses them again', async () => {
    await prepare();
    const volumes = ['--bind-ro', `${shared}/a-0-volume`, '/run/volume'];
    const file = ['--bind', `${shared}/a-1-my file`, '/run/file'];
    expect(await share('mount', ...overlay('a'), ...volumes, ...file)).toEqual(done);
    expect(await share('mount', '--bind', `${shared}/ab`, '/run/volume')).toEqual(done);
    const contents = `cat a/rootfs/f a-0-volume/f a-0-volume/inner/f 'a-1-my file' ab/f`;
    expect(await sh(`cd ${shared}; ${contents}`)).toBe('image\nvolume\ninner\none\nvolume');
    // As the volume is mounted, and read-only besides, but not what is mounted in it.
    const options = await sh(`grep a-0-volume /proc/self/mountinfo | cut -d ' ' -f 5,6`);
    expect(options).toMatch(
      /^\S+a-0-volume ro,nodev,noexec,relatime\n\S+a-0-volume\/inner rw,relatime$/,
    );
    expect(await share('unmount', `${shared}/a`)).toEqual(done);
    expect(await mountsBelow(shared)).toBe(`${shared}/ab\n${shared}/ab/inner`);
    expect(await share('unmount', shared)).toEqual(done);
    expect(await mountsBelow(shared)).toBe('');
    expect(await sh('cat /run/volume/f /run/volume/inner/f')).toBe('volume\ninner');
  });

  it.each([
    ['where the container is to be', 'ln -s /run/outside a'],
    ['where its root is to be', 'mkdir a; ln -s /run/outside a/rootfs'],
    ['where its volume is to be', 'ln -s /run/outside a-0-volume'],
    ['where its file is to be', 'ln -s /run/outside/none a-1-file'],
  ])('has nothing mounted elsewhere by a link %s', async (_where, trap) => {
    await prepare();
    await sh(`mkdir /run/outside; cd ${shared}; ${trap}`);
    const volumes = ['--bind', `${shared}/a-0-volume`, '/run/volume'];
    const file = ['--bind', `${shared}/a-1-file`, '/run/file'];
    const { exit, said } = await share('mount', ...overlay('a'), ...volumes, ...file);
    expect(exit).toEqual({ code: 1 });
    expect(said).toMatch(
      /^cannot make \/run\/sid\/shared\/a\S*: (Too many levels of symbolic links|Not a directory)\n$/,
    );
    expect(await mountsBelow('/run/outside')).toBe('');
    expect(await mountsBelow(shared)).toBe('');
    expect(await sh('ls /run/outside')).toBe('');
  });

  it('is left as it was when one of the mounts fails', async () => {
    await prepare();
    const missing = ['--bind', `${shared}/a-0-none`, '/run/none'];
    expect(await share('mount', ...overlay('a'), ...missing)).toEqual({
      exit: { code: 1 },
      said: 'cannot find /run/none: No such file or directory\n',
    });
    expect(await mountsBelow(shared)).toBe('');
  });

  it('loses them wherever the machine has moved them, and none else', async () => {
    await prepare();
    expect(await share('mount', ...overlay('a'))).toEqual(done);
    await sh('mkdir -p /run/other/rootfs; mount -t tmpfs other /run/other/rootfs');
    // Deeper than any path that the kernel takes at once.
    const name = 'n'.repeat(250);
    await sh(`cd ${shared}; mv a x; for i in $(seq 20); do mkdir y; mv x y/${name}; mv y x; done
      mkdir a; ln -s /run/other a/b; mkdir -p /run/sid/more; ln -s /run/other ${shared}/link`);
    expect(await mountsBelow(shared)).not.toBe('');
    expect(await share('unmount', shared)).toEqual(done);
    expect(await mountsBelow(shared)).toBe('');
    expect(await mountsBelow('/run/other')).toBe('/run/other/rootfs');
  });
});
