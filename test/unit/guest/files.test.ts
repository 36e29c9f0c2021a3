import { beforeEach, describe, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import type { GuestFiles } from '#guest/files.ts';
import { readUntil, useAgent } from './agent-test.ts';
import { cannotRunNatively } from './native-agent.ts';

describe.skipIf(cannotRunNatively)('files of the agent', () => {
  const guest = useAgent();
  let files: GuestFiles;

  beforeEach(async () => {
    await guest.agent.files.makeDirectory('/run/t');
    files = guest.agent.files.at({ directory: '/run/t' });
  });

  it('are described', async () => {
    await files.write('a', '12345', { mode: 0o4751 });
    await files.symlink('link', 'a');
    await guest.sh('touch -d @1234567890.5 /run/t/a; mkfifo /run/t/pipe');
    expect(await files.stat('link')).toMatchObject({
      type: 'file',
      mode: 0o4751,
      size: 5,
      links: 1,
      modified: 1234567890500,
    });
    expect(await files.lstat('link')).toMatchObject({ type: 'symlink', size: 1 });
    expect(await files.readLink('link')).toBe('a');
    expect(await files.stat('/dev/null')).toMatchObject({
      type: 'character-device',
      major: 1,
      minor: 3,
    });
    const entries = await files.list('/run/t');
    expect(entries.map(({ name, type, size }) => [name, type, size])).toEqual([
      ['a', 'file', 5],
      ['link', 'symlink', 1],
      ['pipe', 'pipe', 0],
    ]);
    expect(await files.exists('a')).toBe(true);
    expect(await files.exists('b')).toBe(false);
    expect(await files.exists('a/b')).toBe(false);
  });

  it('are listed however many they are', async () => {
    await guest.sh('cd /run/t; seq -f a-rather-long-name-for-a-file-%05g 6000 | xargs touch');
    const names = (await files.list('.')).map(({ name }) => name);
    expect(names).toHaveLength(6000);
    expect(names[5999]).toBe('a-rather-long-name-for-a-file-06000');
  });

  it('are made, moved, changed and removed', async () => {
    await files.makeDirectory('d/e/f', { parents: true, mode: 0o711 });
    expect(await files.stat('d/e/f')).toMatchObject({ type: 'directory', mode: 0o711 });
    await files.makeDirectory('d/e', { parents: true });
    await expect(files.makeDirectory('d')).rejects.toMatchObject({ errno: 'EEXIST' });
    await files.write('d/e/f/file', 'content');
    await files.rename('d/e/f/file', 'd/moved');
    await files.truncate('d/moved', 3);
    await files.changeMode('d/moved', 0o600);
    expect(await files.stat('d/moved')).toMatchObject({ size: 3, mode: 0o600 });
    await files.symlink('l', 'd/moved');
    await files.changeOwner('l', { uid: 1, gid: 2 }, { follow: false });
    expect(await files.lstat('l')).toMatchObject({ uid: 1, gid: 2 });
    expect(await files.stat('l')).toMatchObject({ uid: 0, gid: 0 });
    await expect(files.remove('d')).rejects.toMatchObject({ errno: 'ENOTEMPTY' });
    await files.remove('d', { recursive: true });
    await files.remove('l');
    await files.makeDirectory('empty');
    await files.remove('empty');
    await files.remove('nothing', { missing: 'ignore' });
    expect(await files.list('.')).toEqual([]);
  });

  it('of another mount are not removed', async () => {
    await guest.sh(
      'cd /run/t && mkdir -p d/mounted kept && touch kept/a && mount --bind kept d/mounted',
    );
    const recursive = { recursive: true };
    await expect(files.remove('d', recursive)).rejects.toMatchObject({ errno: 'EBUSY' });
    expect(await files.exists('kept/a')).toBe(true);
    // What is mounted elsewhere, our own kernel's view does not protect.
    const theirs = 'mkdir -p e/mounted/x && mount --bind kept e/mounted; echo up; read x';
    const outer = await guest.agent.spawn({
      argv: ['unshare', '--mount', 'sh', '-c', theirs],
      cwd: '/run/t',
      stdin: true,
    });
    await readUntil(outer.stdout, 'up');
    await expect(
      files.at({ rootOf: outer.pid, directory: '/run/t' }).remove('e', recursive),
    ).rejects.toMatchObject({ code: 'failed-precondition', errno: 'EXDEV' });
    expect(await files.exists('kept/a')).toBe(true);
  });

  it('are those of another process', async () => {
    const outer = await guest.agent.spawn({
      argv: ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /run/t; echo up; read x'],
      stdin: true,
    });
    await readUntil(outer.stdout, 'up');
    const theirs = guest.agent.files.at({ rootOf: outer.pid, directory: '/run/t' });
    await theirs.write('a', 'theirs', { atomic: true });
    await theirs.symlink('absolute', '/run/t/a');
    await theirs.symlink('out', '../../../../../run/t/a');
    expect(await files.list('.')).toEqual([]);
    expect(await theirs.readText('absolute')).toBe('theirs');
    expect(await theirs.readText('out')).toBe('theirs');
    expect((await theirs.list('/run/t')).map(({ name }) => name)).toEqual(['a', 'absolute', 'out']);
    const gone = guest.agent.files.at({ rootOf: 4_000_000 });
    await expect(gone.read('/a')).rejects.toMatchObject({ errno: 'ESRCH' });
  });

  it('fail in words', async () => {
    const failures: [() => Promise<unknown>, string, string][] = [
      [
        () => files.read('/etc/x'),
        'not-found',
        'Cannot read /etc/x: no such file or directory (ENOENT).',
      ],
      [
        () => files.read('/etc'),
        'failed-precondition',
        'Cannot read /etc: is a directory (EISDIR).',
      ],
      [
        () => files.list('/etc/passwd'),
        'failed-precondition',
        'Cannot list /etc/passwd: not a directory (ENOTDIR).',
      ],
      [
        () => files.remove('/proc/version'),
        'permission-denied',
        'Cannot remove /proc/version: operation not permitted (EPERM).',
      ],
      [
        () => files.rename('x', 'y'),
        'not-found',
        'Cannot rename x to y: no such file or directory (ENOENT).',
      ],
      [
        () => files.readLink('/etc'),
        'invalid-argument',
        'Cannot read the link /etc: invalid argument (EINVAL).',
      ],
      [
        () => files.stat('a\0b'),
        'invalid-argument',
        '"/run/t/a\\u0000b" contains a NUL character.',
      ],
      [
        () => files.write('/dev/full', 'x'),
        'resource-exhausted',
        'Cannot write /dev/full: no space left on device (ENOSPC).',
      ],
    ];
    for (const [failing, code, message] of failures) {
      const error: unknown = await failing().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SandglassError);
      expect(error).toMatchObject({ code, message });
    }
    const full = await files.openWrite('/dev/full');
    const write = async () => {
      for (;;) await full.sink.write(new Uint8Array(1 << 16));
    };
    await expect(write()).rejects.toMatchObject({ code: 'resource-exhausted', errno: 'ENOSPC' });
  });
});
