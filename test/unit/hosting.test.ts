import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { headerFiles } from '../../site/header-files.ts';
import { contentSecurityPolicy, headerRules, headersFor } from '../../site/headers.ts';

test('the policy of the documentation is the one that is sent', async () => {
  const text = await readFile('docs/hosting.md', 'utf8');
  expect(text).toContain(`\n${contentSecurityPolicy}\n`);
  for (const file of Object.keys(headerFiles())) expect(text).toContain(`\`${file}\``);
});

test('the policy lets no text become script and nothing come from elsewhere', () => {
  expect(contentSecurityPolicy).toMatch(/^default-src 'none'; /);
  expect(contentSecurityPolicy).not.toMatch(/'unsafe-|https?:|data:|\*/);
});

test('no path gets a header from two rules', () => {
  for (const path of ['/', '/index.html', '/assets/a.js', '/guest/manifest.json', '/favicon.svg']) {
    const names = headerRules
      .filter(({ path: pattern }) => headersMatch(pattern, path))
      .flatMap(({ headers }) => Object.keys(headers));
    expect(new Set(names).size, path).toBe(names.length);
  }
});

test('every file has the policy, workers too; only what has a digest is kept', () => {
  expect(headersFor('/assets/node.worker-abc.js')).toMatchObject({
    'Content-Security-Policy': contentSecurityPolicy,
    'Cache-Control': 'public, max-age=31536000, immutable',
  });
  expect(headersFor('/')).toMatchObject({ 'Cache-Control': 'no-cache' });
  expect(headersFor('/favicon.svg')).not.toHaveProperty('Cache-Control');
});

test.each(Object.entries(headerFiles()))('%s carries every header of every rule', (_name, text) => {
  for (const { headers } of headerRules) {
    for (const [name, value] of Object.entries(headers)) {
      expect(text).toContain(name);
      expect(text).toContain(value);
    }
  }
});

test('nginx sends the policy from each of its locations, which inherit none', () => {
  const blocks = (headerFiles()['nginx-headers.conf'] ?? '').split('location ').slice(1);
  expect(blocks).toHaveLength(headerRules.length);
  for (const block of blocks) expect(block).toContain(contentSecurityPolicy);
});

function headersMatch(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
