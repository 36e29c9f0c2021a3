import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { headersFor } from '#site/headers.ts';
import { archiveFile, siteFile, useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

const loadFailed = /^Failed to load resource/;

const emulator = createRequire(import.meta.url).resolve('v86/build/v86.wasm');

/** Bytes of what a start from the snapshot fetches. */
async function startSizes() {
  const [snapshot, index, code] = await Promise.all([
    siteFile('guest/node-snapshot'),
    siteFile('guest/archive.json'),
    readFile(emulator),
  ]);
  const total = snapshot.length + index.length + code.length;
  return { snapshot: snapshot.length, index: index.length, emulator: code.length, total };
}

/** Waits until the progress bar names this and stands there. */
async function progress(name: string, loaded: number, total: number): Promise<void> {
  const bar = visit.page.getByRole('progressbar', { name, exact: true });
  const percent = String(Math.round((loaded / total) * 100));
  await expect.poll(() => bar.getAttribute('aria-valuenow')).toBe(percent);
}

/** Answers a status in the place of the files that match, until the test ends it. */
function refuse(pattern: RegExp, status = 503): void {
  site.intercept = (request, response) => {
    if (!pattern.test(request.url ?? '')) return false;
    response.writeHead(status).end();
    return true;
  };
}

test('an emulator that cannot be fetched is a failure with a retry', async () => {
  refuse(/\.wasm$/);
  visit = await site.open();
  await visit.stage
    .getByText("Could not fetch the emulator: the site's host answered 503.")
    .waitFor();
  site.intercept = undefined;
  await visit.button('Retry').click();
  await visit.prompts();
  visit.wentWell(loadFailed);
});

test('an emulator that takes its time is named, with its bytes', async () => {
  const sizes = await startSizes();
  const send = silence(/\.wasm$/);
  visit = await site.open();
  await progress('Fetching emulator', sizes.snapshot + sizes.index, sizes.total);
  await send();
  await visit.prompts();
  visit.wentWell();
});

test('a worker whose script cannot be fetched is a failure with a retry', async () => {
  refuse(/node\.worker-[^/]*\.js$/, 404);
  visit = await site.open();
  await visit.page.getByRole('heading', { name: 'node-1 could not be loaded' }).waitFor();
  await visit.stage.getByText('its script could not be loaded').waitFor();
  site.intercept = undefined;
  await visit.button('Retry').click();
  await visit.prompts();
  visit.wentWell(loadFailed);
});

test('a page whose code cannot be fetched says so and offers to reload', async () => {
  refuse(/\/start-(?!node)[^/]*\.js$/);
  visit = await site.open();
  await visit.page.getByRole('alert').getByText('could not be fetched').waitFor();
  site.intercept = undefined;
  await visit.button('Reload').click();
  await visit.prompts();
  visit.wentWell(loadFailed, /dynamically imported module/);
});

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** Leaves requests for the files that match without an answer, until the returned function gives it. */
function silence(pattern: RegExp): () => Promise<void> {
  const waiting: { url: string; response: ServerResponse }[] = [];
  site.intercept = (request, response) => {
    const url = request.url ?? '';
    if (!pattern.test(url)) return false;
    waiting.push({ url, response });
    return true;
  };
  return async () => {
    site.intercept = undefined;
    for (const { url, response } of waiting) {
      const { pathname } = new URL(url, site.url);
      const type = contentTypes[path.extname(pathname)] ?? 'application/octet-stream';
      response.writeHead(200, { ...headersFor(pathname), 'Content-Type': type });
      response.end(await siteFile(pathname.slice(1)));
    }
  };
}

test('a worker whose script does not come is said, and goes on when it comes', async () => {
  const speak = silence(/node\.worker-[^/]*\.js$/);
  visit = await site.open();
  await visit.stage.getByText('has not answered for 30 seconds').waitFor({ timeout: 60_000 });
  await visit.button('Retry').waitFor();
  await speak();
  await visit.prompts();
  visit.wentWell();
});

test('a page whose code does not come says so, and goes on when it comes', async () => {
  const speak = silence(/\/start-(?!node)[^/]*\.js$/);
  visit = await site.open({ waitUntil: 'commit' });
  const { page } = visit;
  await page.getByRole('alert').getByText('not come for 30 seconds').waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Reload' }).waitFor();
  await speak();
  await visit.prompts();
  expect(await page.getByText('not come for 30 seconds').count()).toBe(0);
  visit.wentWell();
});

test('a terminal does not wait for a font that does not come', async () => {
  const speak = silence(/jetbrains-mono-[^/]*\.woff2$/);
  visit = await site.openShell({ waitUntil: 'commit' });
  expect(await visit.run('uname')).toBe('Linux');
  const before = (await visit.active()).size;
  await speak();
  // Its cells are wider or narrower than those of the font in its place.
  await expect.poll(async () => (await visit.active()).size).not.toEqual(before);
  visit.wentWell();
});

test('a worker that ends without a word is a failure too', async () => {
  visit = await site.open();
  await visit.prompts();
  const [worker] = visit.page.workers();
  // Its answer never comes: the worker is gone.
  worker?.evaluate(() => close()).catch(() => undefined);
  await visit.stage.getByText("The machine's worker ended without a word.").waitFor();
  visit.wentWell();
});

test('a worker that dies of an error is a failure, and the machine comes back in another', async () => {
  visit = await site.openShell();
  const { page } = visit;
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    // Not caught by the evaluation, nor by anyone else.
    setTimeout(() => {
      throw new Error('out of luck');
    });
  });
  await page.getByRole('heading', { name: 'node-1 has stopped working' }).waitFor();
  await visit.stage
    .getByText("The machine's worker stopped: Uncaught Error: out of luck.")
    .waitFor();
  expect(page.workers()).toEqual([]);
  await visit.button('Restart from snapshot').click();
  await visit.reaches('running');
  await visit.prompts();
  expect(await visit.run('uname')).toBe('Linux');
  expect(page.workers()).toHaveLength(1);
  visit.wentWell();
});

test('a snapshot that is damaged each time is said so, and nothing of it is kept', async () => {
  const snapshot = await siteFile('guest/node-snapshot');
  snapshot.writeUInt8(snapshot.readUInt8(1000) ^ 0x80, 1000);
  site.intercept = (request, response) => {
    if (!request.url?.includes('/guest/node-snapshot')) return false;
    response.end(snapshot);
    return true;
  };
  visit = await site.open();
  await visit.stage.getByText(/^node-snapshot arrived damaged: its SHA-256 is /).waitFor();
  site.intercept = undefined;
  await visit.page.reload();
  await visit.prompts();
  visit.wentWell();
});

test('a network that breaks under a file of the archive is an error in the guest, until it is back', async () => {
  visit = await site.openShell();
  // One that the cluster does not read.
  const runc = await archiveFile('usr/sbin/runc');
  site.intercept = (request) => {
    if (!request.url?.includes(`/guest/${runc}`)) return false;
    request.socket.destroy();
    return true;
  };
  const file = '/archive/usr/sbin/runc';
  expect(await visit.run(`sha256sum ${file}`)).toContain('Input/output error');
  const notice = visit.page.getByRole('alert');
  await notice.getByText(`Could not fetch ${file.slice('/archive'.length)}: `).waitFor();
  await notice.getByText('run it again to retry').waitFor();
  site.intercept = undefined;
  const [sum = ''] = (await visit.run(`sha256sum ${file}`)).split(' ');
  expect(`files/${sum}`).toBe(runc);
  visit.wentWell(loadFailed);
});

test('a host that falls silent under a file of the archive leaves Ctrl+C to the reader', async () => {
  visit = await site.openShell();
  // The cluster reads files of its own.
  const runc = await archiveFile('usr/sbin/runc');
  const left = new Promise<void>((resolve) => {
    site.intercept = (request, response) => {
      if (!request.url?.includes(`/guest/${runc}`)) return false;
      response.on('close', resolve);
      void visit.page.keyboard.press('Control+c');
      return true;
    };
  });
  await visit.type('runc --version\r');
  await left;
  await visit.prompts();
  site.intercept = undefined;
  expect(await visit.run('echo $?')).toBe('130');
  // Given up by the reader, not by the page for the host's silence.
  expect(await visit.page.getByText('/usr/sbin/runc: ').count()).toBe(0);
  expect(await visit.run('runc --version')).toMatch(/^runc version/);
  visit.wentWell();
});

test('a host that takes its time shows how far the load is', async () => {
  const snapshot = await siteFile('guest/node-snapshot');
  const half = snapshot.length >> 1;
  let sendRest: (() => void) | undefined;
  site.intercept = (request, response) => {
    if (!request.url?.includes('/guest/node-snapshot')) return false;
    response.writeHead(200, { 'Content-Length': snapshot.length });
    response.write(snapshot.subarray(0, half));
    sendRest = () => void response.end(snapshot.subarray(half));
    return true;
  };
  visit = await site.open();
  const { emulator, index, total } = await startSizes();
  await progress('Fetching node snapshot', emulator + index + half, total);
  sendRest?.();
  await visit.prompts();
  visit.wentWell();
});

test('a browser that refuses locks, as in some frames, still has a machine', async () => {
  const refuse =
    "navigator.locks.request = () => Promise.reject(new DOMException('No.', 'SecurityError'));";
  site.intercept = (request, response) => {
    const [script] = /node\.worker-[^/]*\.js$/.exec(request.url ?? '') ?? [];
    if (!script) return false;
    for (const [name, value] of Object.entries(headersFor(`/assets/${script}`))) {
      response.setHeader(name, value);
    }
    response.setHeader('Content-Type', 'text/javascript');
    void siteFile(`assets/${script}`).then((code) => response.end(`${refuse}${code.toString()}`));
    return true;
  };
  const context = await site.newContext();
  await context.addInitScript(refuse);
  visit = await site.openShell({ context });
  expect(await visit.run('uname')).toBe('Linux');
  const [worker] = visit.page.workers();
  expect(await worker?.evaluate(async () => (await navigator.locks.query()).held)).toEqual([]);
  visit.wentWell();
});

test('two pages have two machines, with an identity each', async () => {
  visit = await site.openShell();
  const other = await site.openShell({ context: visit.context });
  const identity = 'cat /etc/machine-id /sys/class/net/eth0/address /proc/sys/kernel/random/uuid';
  const [mine, theirs] = [await visit.run(identity), await other.run(identity)];
  const theirLines = theirs.split('\n');
  expect(theirLines).toHaveLength(3);
  expect(mine.split('\n').filter((line) => theirLines.includes(line))).toEqual([]);
  visit.wentWell();
  other.wentWell();
});

test('a visitor who forbids storage still gets a machine', async () => {
  const context = await site.newContext();
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('Storage is forbidden.', 'SecurityError');
      },
    });
  });
  visit = await site.openShell({ context });
  expect(await visit.run('uname')).toBe('Linux');
  await visit.button('Switch to the dark theme').click();
  await visit.button('Switch to the light theme').waitFor();
  visit.wentWell();
});
