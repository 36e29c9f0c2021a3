import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SiteServer, serveSite } from '../../site/server.ts';

let directory: string;
let server: SiteServer;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sandglass-site-'));
  mkdirSync(path.join(directory, 'lessons'));
  for (const folder of ['.', 'lessons']) {
    writeFileSync(path.join(directory, folder, 'index.html'), `<p>${folder}</p>`);
  }
  server = await serveSite({ directory, port: 0 });
});

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Asks for a path as it is written: fetch() would mend it first. */
function statusOf(written: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url);
    http
      .get({ host: '127.0.0.1', port, path: written }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', reject);
  });
}

test('an address without a page is answered with the site’s own page, for who reads pages', async () => {
  writeFileSync(path.join(directory, '404.html'), '<h1>None</h1>');
  const ask = async (accept: string) => {
    const response = await fetch(`${server.url}no/such/page/`, { headers: { accept } });
    return [response.status, await response.text()];
  };
  expect(await ask('text/html,*/*')).toEqual([404, '<h1>None</h1>']);
  expect(await ask('*/*')).toEqual([404, '']);
});

test.each(['/%', '/lessons/%zz', '/%c3%28', '//'])(
  'what is no address is refused, and the next reader served: %s',
  async (written) => {
    expect(await statusOf(written)).toBe(400);
    expect(await statusOf('/lessons/')).toBe(200);
  },
);

test('a folder’s address ends in a slash', async () => {
  expect(await statusOf('/lessons')).toBe(301);
  expect(await statusOf('/no-such')).toBe(404);
});
