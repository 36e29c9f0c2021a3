import { expect, test } from 'vitest';
import { notFoundFiles } from '#site/not-found.ts';
import { contentSecurityPolicy } from '#site/headers.ts';

const asked = (html = '') => [...html.matchAll(/(?:href|src)="([^"]*not-found\.(?:css|js))"/g)];
const links = (html = '') => [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href);

test('the page without a page looks for the site in each folder above, and breaks no policy', () => {
  const html = notFoundFiles()['404.html'];
  const found = (address: string) =>
    asked(html).map(([, file = '']) => new URL(file, address).pathname);
  expect(found('https://example.org/no')).toContain('/not-found.css');
  expect(found('https://example.org/sand/glass/no/such/page/')).toContain(
    '/sand/glass/not-found.js',
  );
  expect(links(html)).toEqual(['/', '/', '/lessons/', '/playground/']);
  expect(html).toContain(contentSecurityPolicy);
  expect(html).not.toMatch(/<style|style=|<script>/);
});

test('a build that knows its address asks there alone', () => {
  const html = notFoundFiles('https://example.org/sand/')['404.html'];
  expect(asked(html).map(([, file]) => file)).toEqual([
    'https://example.org/sand/not-found.css',
    'https://example.org/sand/not-found.js',
  ]);
  expect(links(html)[1]).toBe('https://example.org/sand/');
});
