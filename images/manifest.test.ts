import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseManifest } from '#cluster/guest-manifest.ts';
import { noticeText, publish, type Offer, type Publication } from './manifest.ts';
import type { PackageRecord } from './packages/apt.ts';
import { sha256 } from './recipe/digest.ts';

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function offer(name: string, text: string, published = name): Promise<Offer> {
  await writeFile(at(name), text);
  return { name, path: published, file: at(name), bytes: text.length, sha256: sha256(text) };
}

const packages: PackageRecord[] = [
  {
    name: 'mount',
    version: '2.38-5',
    architecture: 'i386',
    source: 'util-linux',
    sourceVersion: '2.38-4',
    bytes: 1,
    sha256: 'ab',
  },
];

const publication = (assets: Offer[], files: Offer[] = []): Publication => ({
  assets,
  files,
  packages,
  suites: ['bookworm'],
  kernelRelease: '6.1.0',
});

test('what is published is what the page reads, and a second time nothing changes', async () => {
  const digest = sha256('library');
  const whole = publication(
    [await offer('node-kernel', 'kernel')],
    [await offer('library', 'library', `files/${digest}`)],
  );
  expect(await publish(at('out'), whole)).toBe(true);
  expect(await publish(at('out'), whole)).toBe(false);
  const manifest = parseManifest(await readFile(at('out/manifest.json'), 'utf8'));
  expect(manifest).toEqual({
    version: 1,
    kernel: { release: '6.1.0' },
    assets: [{ name: 'node-kernel', path: 'node-kernel', bytes: 6, sha256: sha256('kernel') }],
    files: { count: 1, bytes: 7 },
    debian: { suites: ['bookworm'], security: false },
    packages: [
      {
        name: 'mount',
        version: '2.38-5',
        architecture: 'i386',
        source: 'util-linux',
        sourceVersion: '2.38-4',
      },
    ],
  });
  expect(await readFile(at('out/files', digest), 'utf8')).toBe('library');
});

test('a damaged file is replaced and an old one removed', async () => {
  const kernel = await offer('node-kernel', 'kernel');
  await publish(at('out'), publication([kernel, await offer('old', 'old')]));
  await writeFile(at('out/node-kernel'), 'KERNEL');
  expect(await publish(at('out'), publication([kernel]))).toBe(true);
  expect((await readdir(at('out'))).sort()).toEqual(['files', 'manifest.json', 'node-kernel']);
  expect(await readFile(at('out/node-kernel'), 'utf8')).toBe('kernel');
});

test('files in folders of folders appear, and go with their folders', async () => {
  const blob = await offer('blob', 'blob', 'registry/blobs/sha256/ab');
  await publish(at('out'), publication([], [blob]));
  expect(await readFile(at('out/registry/blobs/sha256/ab'), 'utf8')).toBe('blob');
  await publish(at('out'), publication([]));
  expect((await readdir(at('out'))).sort()).toEqual(['files', 'manifest.json']);
});

test('a failure in the middle leaves the old manifest and no half-written file', async () => {
  const kernel = await offer('node-kernel', 'kernel');
  await publish(at('out'), publication([kernel]));
  const before = await readFile(at('out/manifest.json'), 'utf8');
  const missing = { ...(await offer('gone', 'gone')), file: at('nowhere') };
  await expect(publish(at('out'), publication([kernel, missing]))).rejects.toThrow(/ENOENT/);
  expect(await readFile(at('out/manifest.json'), 'utf8')).toBe(before);
  await expect(stat(at('out/.incoming'))).rejects.toThrow(/ENOENT/);
});

test('the notice names the source package and its version', () => {
  expect(noticeText(packages)).toContain('- util-linux 2.38-4: mount 2.38-5\n');
});
