import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../recipe/command.ts';
import { sha256 } from '../recipe/digest.ts';
import { splitArchive } from './archive.ts';
import { checkPrograms, matcher } from './assemble.ts';
import { busyboxApplets } from './busybox.ts';
import { writeCpio } from './cpio.ts';
import { elfNeeds } from './elf.ts';
import { Tree, type TreeNode } from './tree.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const file = (text: string): TreeNode => ({
  type: 'file',
  mode: 0o644,
  mtime: 1e9,
  data: bytes(text),
});
const link = (target: string): TreeNode => ({ type: 'symlink', mode: 0o777, mtime: 1e9, target });

test('old paths land in /usr, links are followed on the way', () => {
  const tree = new Tree();
  tree.set('bin/bash', file('bash'));
  tree.set('etc/os-release', link('../usr/lib/os-release'));
  tree.set('lib/os-release', file('Debian'));
  tree.set('usr/bin/sh', link('/bin/bash'));
  expect(tree.resolve('bin/sh')).toEqual(['usr/bin/bash', file('bash')]);
  expect(tree.resolve('etc/os-release')?.[0]).toBe('usr/lib/os-release');
  expect(tree.resolve('etc/missing')).toBeUndefined();
  tree.set('loop', link('loop'));
  expect(tree.resolve('loop')).toBeUndefined();
});

test('the archive takes what is lazy and leaves a link', () => {
  const tree = new Tree();
  tree.set('usr/sbin/runc', { ...file('large'), mode: 0o755 });
  tree.set('usr/bin/bash', file('small'));
  const { tree: root, files } = splitArchive(tree, (name) => name.endsWith('runc'));
  const digest = sha256('large');
  expect(files).toEqual(new Map([[digest, bytes('large')]]));
  expect(root).toMatchObject({
    type: 'directory',
    entries: {
      usr: {
        type: 'directory',
        entries: {
          sbin: {
            entries: { runc: { type: 'file', mode: 0o755, mtime: 1e9, bytes: 5, sha256: digest } },
          },
        },
      },
    },
  });
  expect(tree.get('usr/sbin/runc')).toMatchObject({ target: '/archive/usr/sbin/runc' });
  expect(tree.get('usr/bin/bash')?.type).toBe('file');
});

test('cpio reads what writeCpio wrote, the same bytes whatever the order', async () => {
  const names = ['etc/b', 'etc/a', 'usr/bin/x'];
  const make = (order: string[]) => {
    const tree = new Tree();
    for (const name of order) tree.set(name, file(`${name} contents`));
    tree.set('usr/bin/y', link('x'));
    return writeCpio(tree);
  };
  const archive = make(names);
  expect(make(names.toReversed())).toEqual(archive);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
  try {
    await writeFile(path.join(folder, 'archive'), archive);
    const { output } = await runCommand('busybox', ['cpio', '-t', '-F', 'archive'], {
      cwd: folder,
      allowedCodes: [127],
    }).catch(() => ({ output: undefined }));
    if (!output) return;
    expect(output.toString()).toContain('usr/bin/x\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("busybox's applets come from its table of names", () => {
  const program = Buffer.from('junk\0[\0[[\0ash\0cat\0ls\0modprobe\0\0junk', 'latin1');
  expect(busyboxApplets(program)).toEqual(['[', 'ash', 'cat', 'ls']);
  expect(() => busyboxApplets(Buffer.from('no table'))).toThrow(/table of applets/);
});

test('a program whose library is not there is an error that names both', () => {
  const tree = new Tree();
  tree.set('usr/sbin/other', file(''));
  tree.set('usr/bin/tool', { type: 'file', mode: 0o755, mtime: 0, data: elf(['libx.so.1']) });
  expect(() => {
    checkPrograms(tree);
  }).toThrow('/usr/bin/tool needs usr/lib/i386-linux-gnu/libx.so.1');
  tree.set('usr/lib/i386-linux-gnu/libx.so.1', file(''));
  checkPrograms(tree);
});

test('reads the needs of an i386 program, and of nothing else', () => {
  expect(elfNeeds(elf(['libc.so.6', 'libm.so.6']))?.libraries).toEqual(['libc.so.6', 'libm.so.6']);
  expect(elfNeeds(bytes('#!/bin/sh\n'.repeat(10)))).toBeUndefined();
});

test('patterns stop at slashes', () => {
  expect(matcher('etc/*')('etc/a.b')).toBe(true);
  expect(matcher('etc/*')('etc/a/b')).toBe(false);
  expect(matcher('libc.so.*')('libcxso.6')).toBe(false);
});

/** The least of an i386 ELF file that needs these libraries. */
function elf(libraries: readonly string[]): Uint8Array {
  const strings = `\0${libraries.map((name) => `${name}\0`).join('')}`;
  const image = Buffer.alloc(512);
  const words = (at: number, ...values: number[]) => {
    values.forEach((value, i) => image.writeUInt32LE(value, at + 4 * i));
  };
  image.write('\x7fELF\x01\x01', 0, 'latin1');
  image.writeUInt16LE(3, 18); // EM_386
  words(28, 52); // program headers
  image.writeUInt16LE(32, 42);
  image.writeUInt16LE(2, 44);
  words(52, 1, 0, 0x1000, 0, 512, 512); // PT_LOAD
  words(84, 2, 128, 0x1080, 0, 8 * (libraries.length + 2), 0); // PT_DYNAMIC
  let at = 1;
  libraries.forEach((name, i) => {
    words(128 + 8 * i, 1, at); // DT_NEEDED
    at += name.length + 1;
  });
  words(128 + 8 * libraries.length, 5, 0x1000 + 256, 0, 0); // DT_STRTAB, DT_NULL
  image.write(strings, 256, 'latin1');
  return image;
}
