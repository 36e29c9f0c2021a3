import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packagesOf } from '#site/notice.ts';
import { siteDirectory, siteFile, useSite } from './harness.ts';

const site = useSite();

/** Without a line of JavaScript: the emulator and the typefaces. */
const filesOnly = ['v86', '@fontsource-variable/inter', '@fontsource/jetbrains-mono'];

/** npm packages that the built scripts have code of, by their source maps. */
async function bundledPackages(): Promise<Set<string>> {
  const assets = path.join(siteDirectory, 'assets');
  const found = new Set<string>();
  for (const name of await readdir(assets)) {
    if (!name.endsWith('.map')) continue;
    const { sources } = JSON.parse(await readFile(path.join(assets, name), 'utf8')) as {
      sources: string[];
    };
    for (const source of sources) {
      // Of a package inside a package it is the inner one; `.cache` has what site/emulator.ts made of v86.
      const [, inner] = /.*node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(source) ?? [];
      if (inner !== undefined) found.add(inner);
    }
  }
  return found;
}

test('NOTICE names the npm packages that the site is made of, and no other', async () => {
  const named = packagesOf(await readFile('NOTICE', 'utf8'));
  const bundled = await bundledPackages();
  expect(bundled.size).toBeGreaterThan(10);
  expect([...named].sort()).toEqual([...new Set([...bundled, ...filesOnly])].sort());
});

test('the site carries every licence, and names what its guest images contain', async () => {
  const text = (await siteFile('NOTICE.txt')).toString();
  for (const name of packagesOf(await readFile('NOTICE', 'utf8'))) {
    const [, licence = ''] = text.split(`\n${name} `);
    // Two are Apache's alone and say so; every other has its own text.
    expect(licence.split('-'.repeat(72))[0]?.length, name).toBeGreaterThan(
      name === '@connectrpc/connect' ? 20 : 500,
    );
  }
  expect(text).toContain('Copyright 2008 Google Inc.');
  const { packages } = JSON.parse((await siteFile('guest/manifest.json')).toString()) as {
    packages: { name: string; version: string; source: string; sourceVersion: string }[];
  };
  expect(packages.length).toBeGreaterThan(50);
  const notice = await readFile('NOTICE', 'utf8');
  for (const { name, version, source, sourceVersion } of packages) {
    expect(text).toContain(`${name} ${version}`);
    expect(text).toContain(`\n- ${source} ${sourceVersion}: `);
    expect(notice, 'NOTICE of the repository').toContain(`\n- ${source} `);
  }
  expect((await siteFile('LICENSE.txt')).toString()).toContain('Apache License');
});

test('the menu leads to them', async () => {
  const visit = await site.open();
  await visit.openMenu();
  const opening = visit.context.waitForEvent('page');
  await visit.page.getByRole('link', { name: 'Credits and licences' }).click();
  const notice = await opening;
  await notice.getByRole('link', { name: 'busybox', exact: true }).waitFor();
  await notice.getByRole('link', { name: 'All notices and licence texts' }).click();
  await notice.getByText('THE GUEST IMAGES').waitFor();
  expect(await notice.evaluate(() => document.characterSet)).toBe('UTF-8');
  visit.wentWell();
});
