import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { headerFiles } from '../../site/header-files.ts';
import {
  type HeaderRule,
  contentSecurityPolicy,
  headerRules,
  headerRulesOf,
  headersFor,
} from '../../site/headers.ts';

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
  const paths = ['/', '/index.html', '/assets/a.js', '/guest/manifest.json', '/favicon.svg'];
  for (const path of [...paths, '/lessons/', '/lessons/cri/why/', '/playground/index.html']) {
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
  for (const page of ['/', '/lessons/cri/why/', '/real/', '/credits/', '/playground/index.html']) {
    expect(headersFor(page)).toMatchObject({ 'Cache-Control': 'no-cache' });
  }
  expect(headersFor('/favicon.svg')).not.toHaveProperty('Cache-Control');
});

test('pages in another language are asked for again too, on every host', () => {
  const rules = headerRulesOf(['en', 'zh-Hans']);
  for (const page of ['/zh-Hans/', '/zh-Hans/lessons/cri/why/']) {
    expect(headersFor(page, rules)).toMatchObject({ 'Cache-Control': 'no-cache' });
    expect(nginxKeeps(page, rules)).toBe('no-cache');
  }
  const files = headerFiles(rules);
  expect(files['_headers']).toContain('\n/zh-Hans/*\n  Cache-Control: no-cache\n');
  expect(files['vercel.json']).toContain('"/zh-Hans/(.*)"');
  expect(files['.htaccess']).toContain('m#/zh-Hans/#');
});

test.each(Object.entries(headerFiles()))('%s carries every header of every rule', (_name, text) => {
  for (const { headers } of headerRules) {
    for (const [name, value] of Object.entries(headers)) {
      expect(text).toContain(name);
      expect(text).toContain(value);
    }
  }
});

test('nginx can include its file anywhere, and keeps no failure', () => {
  const text = headerFiles()['nginx-headers.conf'] ?? '';
  // A location of its own would be one too many beside the server's, and would inherit no header.
  expect(text).not.toContain('location');
  const headers = text.split('\n').filter((line) => line.startsWith('add_header '));
  expect(headers.filter((line) => !line.endsWith(' always;'))).toEqual([
    'add_header Cache-Control $sandglass_cache_control;',
  ]);
  expect(headers).toHaveLength(4);
});

test.each([
  ['/guest/node-snapshot', 'public, max-age=31536000, immutable'],
  ['/some/where/assets/a.js', 'public, max-age=31536000, immutable'],
  ['/some/where/', 'no-cache'],
  ['/some/where/index.html', 'no-cache'],
  ['/some/where/lessons/cri/why/', 'no-cache'],
  ['/indexxhtml', ''],
  ['/favicon.svg', ''],
])('nginx has browsers keep %s as %j', (path, expected) => {
  expect(nginxKeeps(path)).toBe(expected);
});

/** What nginx sends of a path for how long it may be kept. */
function nginxKeeps(path: string, headerRules?: readonly HeaderRule[]): string {
  const rules = (headerFiles(headerRules)['nginx-headers.conf'] ?? '').matchAll(
    /^if \(\$uri ~ "(.+)"\) \{ set \$sandglass_cache_control "(.+)"; \}$/gm,
  );
  let value = '';
  for (const [, pattern = '', set = ''] of rules) if (new RegExp(pattern).test(path)) value = set;
  return value;
}

function headersMatch(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
