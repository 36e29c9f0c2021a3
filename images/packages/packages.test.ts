import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { runCommand } from '../recipe/command.ts';
import { sha256 } from '../recipe/digest.ts';
import { silentProgress } from '../recipe/progress.ts';
import type { Toolbox } from '../recipe/toolbox.ts';
import { Apt, parsePackages, type PackageRecord } from './apt.ts';
import { fileName, PackageStore } from './store.ts';
import { parseSuites, withoutSecurity, type Suite } from './suites.ts';
import { readTar } from './tar.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const record: PackageRecord = {
  name: 'mount',
  version: '1:2.38-5+deb12u3',
  architecture: 'i386',
  source: 'util-linux',
  sourceVersion: '2.38-5+deb12u3',
  bytes: 4,
  sha256: sha256('good'),
};

/** A toolbox whose apt-get leaves these bytes as the download, or fails. */
function toolboxWith(download: string | SandglassError): Toolbox {
  return {
    processors: 1,
    async run(_command, _args, options) {
      if (typeof download !== 'string') throw download;
      await writeFile(path.join(options?.cwd ?? '', fileName(record)), download);
      return { code: 0, output: Buffer.alloc(0), errors: '' };
    },
    ensure: () => Promise.resolve(),
    scratch: (at) => Promise.resolve(at),
    close: () => Promise.resolve(),
  };
}

const storeWith = (download: string | SandglassError) =>
  new PackageStore(folder, new Apt(folder, toolboxWith(download), silentProgress), silentProgress);

test('a download with the right digest is taken, and not fetched again', async () => {
  await storeWith('good').fetch([record]);
  await storeWith(new SandglassError('unavailable', 'no network')).fetch([record]);
  expect(await readdir(path.join(folder, 'debs'))).toContain(`${record.sha256}.deb`);
});

test('a download with a wrong digest is a plain error, and is not kept', async () => {
  const fetched = storeWith('evil').fetch([record]);
  await expect(fetched).rejects.toMatchObject({
    code: 'data-loss',
    message:
      `The package mount ${record.version} is damaged: its SHA-256 is ${sha256('evil')}, and it ` +
      `should be ${record.sha256}. It was thrown away; run the same command again to fetch it anew.`,
  });
  expect(await readdir(path.join(folder, 'debs'))).toEqual(['incoming']);
  expect(await readdir(path.join(folder, 'debs/incoming'))).toEqual([]);
});

const suite = (name: string): Suite => ({ name, source: `deb http://mirror/debian/ ${name} main` });

/** Fetches the indexes by an apt that ends with this output and a failure. */
const updateThatSays = (output: string) => {
  const toolbox = toolboxWith('');
  toolbox.run = () => Promise.resolve({ code: 100, output: Buffer.from(output), errors: '' });
  const apt = new Apt(folder, toolbox, silentProgress);
  return apt.update([suite('bookworm'), suite('bookworm-security')]);
};

test('indexes that cannot be fetched: no network, a full disk, a mirror in the middle of a sync', async () => {
  const failed = (name: string, why: string) =>
    `E: Failed to fetch http://mirror/debian/dists/${name}/main/Packages.xz  ${why}\n`;
  await expect(
    updateThatSays(failed('bookworm', 'Could not connect to mirror:80')),
  ).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('cannot be reached') as string,
  });
  await expect(
    updateThatSays(failed('bookworm', 'write (28: No space left on device)')),
  ).rejects.toMatchObject({ code: 'resource-exhausted' });
  const stale = 'File has unexpected size (1 != 2). Mirror sync in progress?';
  for (const name of ['bookworm', 'bookworm-security']) {
    await expect(updateThatSays(failed(name, stale))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`index of ${name} does not match`) as string,
    });
  }
  const missing = failed('bookworm-security', '404  Not Found [IP: 192.0.2.1 80]');
  await expect(updateThatSays(missing)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('404  Not Found') as string,
  });
});

test('versions are chosen from the suites of Debian 12 that apt has, and from no others', () => {
  const security =
    'Debian|bookworm-security|main|http://mirror/debian-security/|bookworm-security\n';
  const others =
    'Debian|bookworm|contrib|http://mirror/debian/|bookworm\n' +
    'Debian|trixie|main|http://mirror/debian/|trixie\n' +
    'Docker|bookworm|main|http://docker/|bookworm\n';
  // two architectures, one suite
  const base = 'Debian|bookworm|main|http://mirror/debian/|stable\n'.repeat(2);
  expect(parseSuites(base + others + security)).toEqual([
    {
      name: 'bookworm-security',
      source: expect.stringMatching(/ http:.*-security\/ bookworm-security main$/) as string,
    },
    { name: 'bookworm', source: expect.stringMatching(/ http:.* stable main$/) as string },
  ]);
  expect(() => parseSuites(others + security)).toThrow(/apt-get update/);
});

test('a build says that it has no security updates, and only then', () => {
  expect(withoutSecurity(['bookworm'])).toMatch(/bookworm-security/);
  expect(withoutSecurity(['bookworm', 'bookworm-security'])).toBeUndefined();
});

test('a version that the mirror dropped asks for a refresh', async () => {
  const gone = new SandglassError('internal', "E: Version '1' for 'mount' was not found");
  await expect(storeWith(gone).fetch([record])).rejects.toThrow(/--refresh/);
});

test("the source package is the field's, or the package itself", () => {
  const stanza = (source: string) =>
    `Package: bash\nVersion: 5.2.15-2+b13\n${source}Architecture: i386\nSize: 7\nSHA256: ab\n`;
  const parse = (source: string) =>
    parsePackages(stanza(source)).map((r) => [r.source, r.sourceVersion]);
  expect(parse('')).toEqual([['bash', '5.2.15-2+b13']]);
  expect(parse('Source: bash (5.2.15-2)\n')).toEqual([['bash', '5.2.15-2']]);
  expect(parse('Source: shells\n')).toEqual([['shells', '5.2.15-2+b13']]);
});

test('reads what tar writes: long names, links, modes', async () => {
  const long = `${'folder/'.repeat(20)}file`;
  const script =
    'mkdir -p tree/$(dirname "$1") && echo hello > "tree/$1" && chmod 750 "tree/$1" && ' +
    'ln -s "$1" tree/soft && ln "tree/$1" tree/hard && tar --format=gnu -C tree -cf out.tar .';
  await runCommand('sh', ['-c', script, 'sh', long], { cwd: folder });
  const { output } = await runCommand('cat', [path.join(folder, 'out.tar')]);
  const entries = new Map([...readTar(output)].map((entry) => [entry.path, entry]));
  expect(entries.get('')?.type).toBe('directory');
  expect(entries.get('soft')).toMatchObject({ type: 'symlink', target: long });
  const [file, link] = ['hard', long]
    .map((name) => entries.get(name))
    .sort((a, b) => (a?.type === 'file' ? -1 : b?.type === 'file' ? 1 : 0));
  expect(file).toMatchObject({ type: 'file', mode: 0o750 });
  expect(new TextDecoder().decode(file?.data)).toBe('hello\n');
  expect(link).toMatchObject({ type: 'hardlink', target: file?.path });
});

test('a tar archive that was cut short is refused', () => {
  const header = Buffer.alloc(512);
  header.write('name');
  header.write('0000644\0', 100);
  header.write('00000001000\0', 124);
  header.write('0', 156);
  expect(() => [...readTar(Buffer.concat([header, Buffer.alloc(10)]))]).toThrow(/damaged/);
});
