import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function paste({ page }: Visit, text: string): Promise<void> {
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await page.keyboard.press('Control+v');
}

test('what is typed runs on a real kernel', async () => {
  visit = await site.openShell();
  expect(await visit.run('echo $((6 * 7)); uname -sm')).toBe('42\nLinux i686');
  const marks = await visit.page.evaluate(() =>
    performance.getEntriesByType('mark').map(({ name }) => name),
  );
  expect(marks).toEqual(
    expect.arrayContaining(['worker', 'loaded', 'started', 'prompt'].map((m) => `sandglass:${m}`)),
  );
  // A program that never ends, ended from the keyboard.
  await visit.type('echo go""ing; while :; do :; done\r');
  await visit.shows(/^going$/m);
  await visit.page.keyboard.press('Control+c');
  await visit.prompts();
});

test('a resize reaches the program in the terminal', async () => {
  visit = await site.openShell();
  const before = (await visit.active()).size;
  await visit.type(
    'old=$(stty size); echo wat""ching; while [ "$(stty size)" = "$old" ]; do :; done; echo "<$(stty size)>"\r',
  );
  await visit.shows(/^watching$/m);
  await visit.page.setViewportSize({ width: 640, height: 480 });
  const [, rows, columns] = await visit.shows(/^<(\d+) (\d+)>$/m);
  const { size } = await visit.active();
  expect({ rows: Number(rows), columns: Number(columns) }).toEqual(size);
  expect(size?.columns).toBeLessThan(before?.columns ?? 0);
  expect(size?.rows).toBeLessThan(before?.rows ?? 0);
});

test('a second tab is a second shell on the same machine', async () => {
  visit = await site.openShell();
  const tty = await visit.run('here=first; touch /tmp/shared; tty');
  await visit.button('New terminal').click();
  await visit.prompts();
  expect(await visit.run('echo "<$here>"; ls /tmp/shared')).toBe('<>\n/tmp/shared');
  expect(await visit.run('tty')).not.toBe(tty);
  await visit.page.getByRole('tab', { name: 'node-1', exact: true }).click();
  expect(await visit.run('echo "$here"')).toBe('first');
  await visit.page.getByRole('button', { name: 'Close node-1 (2)' }).click();
  // Closing hangs up: the machine is left with one shell.
  expect(await visit.run('while [ -e /dev/pts/1 ]; do :; done; ls -1 /dev/pts')).toBe('0\nptmx');
});

test('a paste of 100 kB arrives byte for byte', async () => {
  visit = await site.openShell();
  const line = 'Zürich — 東京 — 🜚 — 0123456789 abcdefghijklmnopqrstuvwxyz\n';
  const text = line.repeat(Math.ceil(100_000 / Buffer.byteLength(line)));
  await visit.type('stty -echo; echo rea""dy; cat > /tmp/pasted; stty echo\r');
  await visit.shows(/^ready$/m);
  await paste(visit, text);
  await visit.page.keyboard.press('Control+d');
  await visit.prompts();
  expect(await visit.run('sha256sum < /tmp/pasted')).toBe(`${sha256(text)}  -`);
});

test('a file goes up and comes down byte for byte', async () => {
  visit = await site.openShell();
  const { page } = visit;
  const content = randomBytes(3_000_000);
  await visit.openMenu();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Upload file…' }).click();
  const chooser = await choosing;
  await chooser.setFiles({
    name: 'data.bin',
    mimeType: 'application/octet-stream',
    buffer: content,
  });
  const upload = page.getByRole('dialog', { name: 'Upload data.bin' });
  await upload.getByLabel('Where to on node-1').fill('/tmp/data.bin');
  await page.keyboard.press('Enter');
  await page.getByText('Uploaded data.bin to /tmp/data.bin (3.0 MB).').waitFor();
  expect(await visit.run('sha256sum < /tmp/data.bin')).toBe(`${sha256(content)}  -`);

  await visit.run('cp /tmp/data.bin "/tmp/Grüße aus node-1"');
  await visit.choose('Download file…');
  const download = page.getByRole('dialog', { name: 'Download a file' });
  await download.getByRole('textbox').fill('/tmp/Grüße aus node-1');
  const coming = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const file = await coming;
  expect(file.suggestedFilename()).toBe('Grüße aus node-1');
  expect(Buffer.compare(await readFile(await file.path()), content)).toBe(0);
});

test('a reload fetches nothing again but what may have changed of the page', async () => {
  visit = await site.openShell();
  const [first, second, third] = site.guestRequests();
  expect([first, second, third].sort()).toEqual(['archive.json', 'manifest.json', 'node-snapshot']);
  await visit.nodeIsReady();
  await visit.run('touch /tmp/before');
  await visit.keeps(site.guestRequests());
  const fetched = new Set(site.requests);
  const before = site.requests.length;
  await visit.page.reload();
  await visit.reaches('running');
  await visit.prompts();
  await visit.nodeIsReady();
  // The machine began anew.
  expect(await visit.run('ls /tmp/before 2>&1 | tail -c 10')).toBe('directory');
  // Browsers ask for a site's icon whenever they please.
  const again = site.requests
    .slice(before)
    .filter((path) => fetched.has(path) && path !== '/favicon.svg');
  expect(again).toEqual(['/playground/?test']);
});
