import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Intercept, siteDirectory, siteFile, useSite } from './harness.ts';
import { headersFor } from '#site/headers.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

/** Answers requests for one file otherwise, as often as it says. */
function instead(file: string, times: number, answer: Intercept): Intercept {
  let left = times;
  return (request, response) => {
    if (left === 0 || !request.url?.split('?')[0]?.endsWith(`/${file}`)) return false;
    left -= 1;
    return answer(request, response);
  };
}

/** One bit of it is wrong, and it says what the real one says: browsers may keep it for ever. */
async function damagedOnce(file: string): Promise<Intercept> {
  const bytes = await siteFile(file);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return instead(file, 1, (_request, response) => {
    for (const [name, value] of Object.entries(headersFor(`/${file}`))) {
      response.setHeader(name, value);
    }
    response.end(bytes);
    return true;
  });
}

const loadFailed = /^Failed to load resource/;

test('a network that breaks in the middle of the snapshot is a failure with a retry', async () => {
  const snapshot = await siteFile('guest/node-snapshot');
  site.intercept = instead('guest/node-snapshot', 1, (_request, response) => {
    response.writeHead(200, { 'Content-Length': snapshot.length });
    response.write(snapshot.subarray(0, snapshot.length / 2), () => response.destroy());
    return true;
  });
  visit = await site.open();
  const { page } = visit;
  await page.getByRole('heading', { name: 'node-1 could not be loaded' }).waitFor();
  await visit.stage
    .getByText(/^The connection broke after \d+ of \d+ bytes of node-snapshot/)
    .waitFor();
  await visit.button('Retry').click();
  await visit.prompts();
  expect(site.guestRequests().filter((file) => file === 'node-snapshot')).toHaveLength(2);
  expect(await visit.run('uname')).toBe('Linux');
  visit.wentWell(loadFailed);
});

test('what arrives damaged once is fetched again, past every cache', async () => {
  const emulator = (await readdir(path.join(siteDirectory, 'assets'))).find((name) =>
    name.endsWith('.wasm'),
  );
  const files = [
    `assets/${emulator ?? expect.fail('The site has no emulator.')}`,
    'guest/manifest.json',
    'guest/archive.json',
    'guest/node-snapshot',
  ];
  const damage = await Promise.all(files.map(damagedOnce));
  site.intercept = (request, response) => damage.some((answer) => answer(request, response));
  visit = await site.openShell();
  const asked = site.requests.map((request) => request.split('?')[0]?.slice(1));
  for (const file of files) expect(asked.filter((each) => each === file)).toEqual([file, file]);
  expect(await visit.run('uname')).toBe('Linux');
  visit.wentWell();
});

test('a failure that its host lets browsers keep is gone with its cause', async () => {
  // Once for the browser's cache, once past it.
  site.intercept = instead('guest/node-snapshot', 2, (_request, response) => {
    response.writeHead(404, headersFor('/guest/node-snapshot')).end();
    return true;
  });
  visit = await site.open();
  await visit.stage
    .getByText("Could not fetch node-snapshot: the site's host answered 404.")
    .waitFor();
  await visit.button('Retry').click();
  await visit.prompts();
  visit.wentWell(loadFailed);
});

test('a manifest that is not there is said in words, and asked for again', async () => {
  site.intercept = instead('guest/manifest.json', 2, (_request, response) => {
    response.writeHead(404).end();
    return true;
  });
  visit = await site.open();
  await visit.page.getByRole('heading', { name: 'node-1 could not be loaded' }).waitFor();
  await visit.stage
    .getByText("Could not fetch guest manifest: the site's host answered 404.")
    .waitFor();
  await visit.button('Retry').click();
  await visit.prompts();
  visit.wentWell(loadFailed);
});

test('what an older build left in the browser’s cache goes once the node runs', async () => {
  const context = await site.newContext();
  const first = await context.newPage();
  site.intercept = instead('blank', 1, (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end();
    return true;
  });
  await first.goto(`${site.url}blank`);
  const stale = `${site.url}guest/files/old?sha256=old`;
  await first.evaluate(async (stale) => {
    await (await caches.open('sandglass-guest')).put(stale, new Response('old'));
  }, stale);
  await first.close();
  visit = await site.openShell({ context });
  const [, sum] = /^(\w+)/.exec(await visit.run('sha256sum /archive/usr/sbin/runc')) ?? [];
  await visit.nodeIsReady();
  await expect.poll(() => visit.keptFiles(), { timeout: 30_000 }).not.toContain('files/old');
  await visit.keeps(['archive.json', `files/${sum}`, 'manifest.json', 'node-snapshot']);
  visit.wentWell();
});
