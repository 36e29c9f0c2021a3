import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { NodeStatus } from '#rpc/contracts.ts';
import { type PageUnderTest, useHarness } from './harness.ts';

const harness = useHarness();
let subject: PageUnderTest;

const loading: NodeStatus = {
  kind: 'loading',
  source: 'snapshot',
  asset: 'node snapshot',
  loadedBytes: 3_200_000,
  totalBytes: 6_400_000,
  fromCache: false,
};

const panicked: NodeStatus = {
  kind: 'failed',
  during: 'running',
  failure: { code: 'internal', message: "The guest's kernel panicked." },
  console: 'Kernel panic - not syncing',
};

function setStatus({ page }: PageUnderTest, status: NodeStatus): Promise<void> {
  return page.evaluate((status) => {
    window.node.setStatus(status);
  }, status);
}

test('loading is shown in bytes, then starting, then the shell', async () => {
  subject = await harness.openWith(loading);
  const { page } = subject;
  const bar = page.getByRole('progressbar', { name: 'Fetching node snapshot' });
  expect(await bar.getAttribute('aria-valuenow')).toBe('50');
  await page.getByText('3.2 of 6.4 MB').waitFor();
  await setStatus(subject, { ...loading, loadedBytes: 6_400_000, fromCache: true });
  await page.getByText('6.4 of 6.4 MB, from this browser’s cache').waitFor();
  await setStatus(subject, { kind: 'starting', source: 'snapshot' });
  await page.getByRole('progressbar', { name: 'Starting node-1' }).waitFor();
  await setStatus(subject, { kind: 'running', source: 'snapshot' });
  await subject.shows('root@node-1:~# ');
  expect(await page.getByRole('progressbar').count()).toBe(0);
});

test('a failed load says what failed, and Retry begins with a new worker', async () => {
  subject = await harness.openWith({
    kind: 'failed',
    during: 'loading',
    failure: { code: 'unavailable', message: 'Could not fetch node snapshot.' },
    console: '',
  });
  const { page } = subject;
  await page.getByRole('heading', { name: 'node-1 could not be loaded' }).waitFor();
  const message = page.getByRole('region', { name: 'The machine’s state' });
  await message.getByText('Could not fetch node snapshot.').waitFor();
  await page.getByRole('button', { name: 'Retry' }).click();
  await subject.shows('root@node-1:~# ');
  expect(await page.evaluate(() => window.nodes.length)).toBe(2);
  expect(await page.evaluate(() => window.nodes[0]?.disposed)).toBe(true);
  await subject.type('ls\r');
  await subject.shows('ls: not found');
});

test('a panic says so over the terminal, with the console’s last lines', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await setStatus(subject, panicked);
  await page.getByRole('heading', { name: 'node-1 has stopped working' }).waitFor();
  await page.getByText('The console’s last lines').click();
  await page.getByText('Kernel panic - not syncing').waitFor();
  await subject.shows("[The guest's kernel panicked.]");
  await page.getByRole('button', { name: 'Restart from snapshot' }).click();
  await subject.shows(
    "[The guest's kernel panicked.]\n[node-1 was restarted from its snapshot.]\nroot@node-1:~# ",
  );
});

test('a worker that dies without a word is a failure with a way on', async () => {
  subject = await harness.openShell();
  await subject.page.evaluate(() => {
    window.node.die("The machine's worker stopped.");
  });
  await subject.page.getByRole('button', { name: 'Restart from snapshot' }).click();
  await subject.shows('root@node-1:~# ');
});

test('pause holds the machine and swallows keys, and its terminal can be read', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.choose('Pause');
  const resume = page.getByRole('button', { name: 'Resume' });
  await resume.waitFor();
  await page.getByText('guest time stopped at').waitFor();
  // Typed by a reader who has not noticed.
  await subject.type('rm -r \t a b\r');
  expect(await resume.count()).toBe(1);
  expect(await subject.received(1)).toEqual([]);
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('search').getByRole('textbox').fill('node-1');
  await page.getByRole('search').getByText('1 of 1').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+c');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('node-1');
  await page.keyboard.press('Control+Shift+ArrowUp');
  await page.keyboard.press('Enter');
  await expect.poll(() => resume.count()).toBe(0);
  await subject.type('on');
  await subject.shows('on');
});

test('a pause leaves the terminal its size; a click on Resume gives it the keys', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.choose('Pause');
  await page.getByRole('button', { name: 'Resume' }).click();
  await subject.type('on');
  await subject.shows('on');
  expect(await page.evaluate(() => window.node.shell(1).sizes.length)).toBe(1);
});

test('a power cycle is asked about once, shows the console and comes back to the shell', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.choose('Power cycle…');
  await page.getByText('everything changed on it is lost').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await page.evaluate(() => window.node.calls)).toEqual(['start snapshot']);
  await page.getByRole('button', { name: 'Power cycle…' }).click();
  await page.evaluate(() => {
    // A boot that the test ends.
    window.node.onStart = () => {
      window.node.setStatus({ kind: 'starting', source: 'cold-boot' });
      window.node.say('[    0.000000] Linux version 6.1.192\r\n');
    };
  });
  await page.getByRole('button', { name: 'Power cycle', exact: true }).click();
  await subject.shows('[    0.000000] Linux version');
  expect((await subject.active())?.title).toBe('Console');
  await setStatus(subject, { kind: 'running', source: 'cold-boot' });
  await subject.shows('[node-1 was switched off and on again.]\nroot@node-1:~# ');
});

test('a hidden page sleeps when nothing runs and wakes when it is seen', async () => {
  subject = await harness.openShell({}, '&sleep=0');
  const { page } = subject;
  const setHidden = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await setHidden(true);
  await page.waitForFunction(() => window.sandglass?.status().kind === 'paused');
  await setHidden(false);
  await page.waitForFunction(() => window.sandglass?.status().kind === 'running');
  expect(await page.evaluate(() => window.node.calls)).toEqual([
    'start snapshot',
    'sleepIfIdle',
    'resume',
  ]);
});

test('a file goes up and comes down byte for byte', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  const content = Buffer.from(Uint8Array.from({ length: 2_500_000 }, (_, index) => index * 7));
  await subject.openMenu();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Upload file…' }).click();
  await (
    await chooser
  ).setFiles({ name: 'data.bin', mimeType: 'application/octet-stream', buffer: content });
  const upload = page.getByRole('dialog', { name: 'Upload data.bin' });
  await upload.getByLabel('Where to on node-1').fill('/tmp/data.bin');
  await upload.getByRole('button', { name: 'Upload' }).click();
  await page.getByText('Uploaded data.bin to /tmp/data.bin (2.5 MB).').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();

  await subject.choose('Download file…');
  const download = page.getByRole('dialog', { name: 'Download a file' });
  await download.getByRole('textbox').fill('/tmp/data.bin');
  const event = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const file = await event;
  expect(file.suggestedFilename()).toBe('data.bin');
  expect(Buffer.compare(await readFile(await file.path()), content)).toBe(0);
});

test('a file dropped on the page is uploaded where the reader says', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['dropped'], 'note.txt'));
    return transfer;
  });
  await page.dispatchEvent('#main', 'dragover', { dataTransfer: data });
  await page.getByText('Drop to upload to node-1').waitFor();
  await page.dispatchEvent('#main', 'drop', { dataTransfer: data });
  await page.getByRole('dialog', { name: 'Upload note.txt' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Uploaded note.txt to /root/note.txt (7 bytes).').waitFor();
});

test('a file that is not there is said in words', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.choose('Download file…');
  await page.getByRole('textbox', { name: 'Its path on node-1' }).fill('/nowhere');
  await page.keyboard.press('Enter');
  await page.getByText('Not downloaded: /nowhere does not exist.').waitFor();
  await page.getByRole('button', { name: 'Try again…' }).click();
  const path = page.getByRole('textbox', { name: 'Its path on node-1' });
  expect(await path.inputValue()).toBe('/nowhere');
  expect(await page.getByText('Not downloaded').count()).toBe(0);
});

test('the machine’s facts', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.choose('Machine facts');
  const dialog = page.getByRole('dialog', { name: 'node-1' });
  for (const text of ['Linux 6.1.192 i686', '61 / 256 MB', '64.2 million a second']) {
    await dialog.getByText(text).waitFor();
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  // The terminal has the focus again a moment later.
  await page.locator('.xterm-helper-textarea:focus').waitFor({ state: 'attached' });
  await subject.type('back');
  await subject.shows('back');
});

test('the theme follows the system, until one is chosen and kept', async () => {
  subject = await harness.openShell({ colorScheme: 'light' });
  const { page } = subject;
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await paper()).toBe('rgb(251, 250, 247)');
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(paper).toBe('rgb(20, 22, 26)');
  await page.getByRole('button', { name: 'Switch to the light theme' }).click();
  await expect.poll(paper).toBe('rgb(251, 250, 247)');
  await page.reload();
  await subject.shows('root@node-1:~# ');
  expect(await paper()).toBe('rgb(251, 250, 247)');
});

test('the menu goes by arrow keys and gives the focus back', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.openMenu();
  await expect.poll(() => focused(subject)).toBe('Pause');
  await page.keyboard.press('ArrowDown');
  expect(await focused(subject)).toBe('Restart from snapshot…');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowUp');
  const end = ['Credits and licences', 'What is real here', 'Contents', 'Keyboard'];
  for (const [index, name] of end.entries()) {
    if (index > 0) await page.keyboard.press('ArrowUp');
    expect(await focused(subject)).toBe(name);
  }
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
});

test('Escape from the menu gives the focus back to its button', async () => {
  subject = await harness.openShell();
  await subject.openMenu();
  await expect.poll(() => focused(subject)).toBe('Pause');
  await subject.page.keyboard.press('Escape');
  await expect
    .poll(() => subject.page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
    .toBe('Menu');
});

test('after a click on the theme button, keys are the terminal’s', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.getByRole('button', { name: /^Switch to the/ }).click();
  await subject.type('on');
  await subject.shows('on');
  const button = page.getByRole('button', { name: /^Switch to the/ });
  await button.focus();
  await page.keyboard.press('Enter');
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
});

test('a first visit is told what there is, and led there; who dismisses it is not told again', async () => {
  subject = await harness.openShell({ viewport: { width: 1440, height: 900 } });
  const { page } = subject;
  const note = page.getByRole('note', { name: 'Things to try' });
  await note.getByRole('button', { name: 'See it happen' }).click();
  await page.getByRole('region', { name: 'X-ray' }).waitFor();
  await note.getByRole('button', { name: 'Give it work, or trouble' }).click();
  await page.getByRole('tab', { name: 'Faults' }).waitFor();
  await note.getByRole('button', { name: 'Do not show this again' }).click();
  await note.getByText('A Kubernetes node').waitFor({ state: 'hidden' });
  await note.getByText('lsns').waitFor();
  await page.reload();
  await subject.shows('root@node-1:~# ');
  await note.getByText('lsns').waitFor();
  expect(await note.getByText('A Kubernetes node').count()).toBe(0);
});

test('a first visit is offered things to try, until a key is typed', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  const hint = page.getByRole('note', { name: 'Things to try' });
  await hint.getByText('lsns').waitFor();
  await subject.type('x');
  await hint.waitFor({ state: 'hidden' });
  await subject.choose('Things to try');
  const dialog = page.getByRole('dialog', { name: 'Things to try' });
  await dialog.getByRole('button', { name: 'Type lsns' }).click();
  await subject.shows('xlsns');
  await subject.type('\r');
  await subject.shows('xlsns: not found');
});

function focused({ page }: PageUnderTest): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
}
