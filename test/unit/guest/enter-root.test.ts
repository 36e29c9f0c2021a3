import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cannotRunNatively, compileNatively } from './native-agent.ts';

/** Runs $0/enter-root as process 1 of a root directory that has $1 as its archive, and what programs need. */
const script = `
  mount -t tmpfs tmpfs /mnt && cp "$0/enter-root" /mnt/init && cp "$1" /mnt/root.cpio && cd /mnt
  for folder in usr lib lib64; do
    [ -e /$folder ] && mkdir $folder && mount --rbind /$folder $folder
  done
  mkdir proc && mount -t proc proc proc && exec chroot . /init`;

/** cpio, "newc" format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst. */
function entry(name: string, content = ''): Buffer {
  const fields = [1, 0o100644, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const head = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const padded = (text: string) => text.padEnd((text.length + 3) & ~3, '\0');
  return Buffer.from(padded(`070701${head}${name}\0`) + padded(content), 'latin1');
}

const whole = Buffer.concat([entry('a', 'x'.repeat(1000)), entry('b', 'y'), entry('TRAILER!!!')]);
const withByte = (at: number, byte: number) => Buffer.from(whole).fill(byte, at, at + 1);
const second = entry('a', 'x'.repeat(1000)).length;
const sentence = 'enter-root: /root.cpio is damaged or cut off; the machine cannot start\n';

describe.skipIf(cannotRunNatively)('enter-root', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sandglass-test-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What it says. It always fails: there is no init, or no root. */
  async function enter(archive: Buffer): Promise<string> {
    const file = path.join(folder, 'root.cpio');
    await writeFile(file, archive);
    const programs = await compileNatively();
    const options = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', script];
    const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' };
    return new Promise((resolve) => {
      execFile('unshare', [...options, programs, file], { env }, (_error, _stdout, stderr) => {
        resolve(stderr);
      });
    });
  }

  it('starts init from an archive that is whole', { timeout: 60_000 }, async () => {
    expect(await enter(whole)).toBe(
      'enter-root: cannot start /sbin/init: No such file or directory\n',
    );
  });

  it.each([
    ['without its last entry', whole.subarray(0, -entry('TRAILER!!!').length)],
    ['cut off in a file', whole.subarray(0, 500)],
    ['cut off in a name', whole.subarray(0, second + 111)],
    ['with another magic number', withByte(second, 0x31)],
    ['with a size beyond its end', withByte(second + 54, 0x66)],
    ['with a name beyond its end', withByte(second + 94, 0x66)],
    ['that is none', Buffer.from('no archive')],
  ])('says that an archive is damaged: one %s', { timeout: 60_000 }, async (_how, archive) => {
    expect(await enter(archive)).toBe(sentence);
  });
});
