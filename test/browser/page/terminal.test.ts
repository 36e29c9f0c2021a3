import { expect, test } from 'vitest';
import { type PageUnderTest, useHarness } from './harness.ts';

const harness = useHarness();
let subject: PageUnderTest;

test('a shell can be typed into as soon as its prompt is there', async () => {
  subject = await harness.openShell();
  await subject.type('hello\r');
  await subject.shows('hello: not found');
});

test('the cluster begins when the first prompt has been drawn', async () => {
  subject = await harness.openShell();
  await subject.page.waitForFunction(() => window.node.clusterStarts.length > 0);
  const [prompt, begun] = await subject.page.evaluate(() => [
    performance.getEntriesByName('sandglass:prompt')[0]?.startTime,
    window.node.clusterStarts[0],
  ]);
  expect(prompt).toBeLessThanOrEqual(begun ?? 0);
});

test('the guest is told of the size, and of each change', async () => {
  subject = await harness.openShell();
  const before = await subject.active();
  await subject.page.setViewportSize({ width: 700, height: 500 });
  await subject.page.waitForFunction(() => window.node.shell(1).sizes.length > 1);
  const told = await subject.page.evaluate(() => window.node.shell(1).size);
  const after = await subject.active();
  expect(told).toEqual(after?.size);
  expect(told.columns).toBeLessThan(before?.size?.columns ?? 0);
  expect(told.rows).toBeLessThan(before?.size?.rows ?? 0);
});

test('a paste of 100 kB arrives byte for byte', async () => {
  subject = await harness.openShell();
  await subject.type('swallow\r');
  await subject.shows('ready');
  const line = 'Zürich — 東京 — 🜚 — 0123456789 abcdefghijklmnopqrstuvwxyz\n';
  const text = line.repeat(Math.ceil(100_000 / Buffer.byteLength(line)));
  await subject.page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await subject.page.keyboard.press('Control+v');
  const expected = Buffer.from(`swallow\r\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~`);
  await subject.page.waitForFunction(
    (length) => window.node.shell(1).received.length >= length,
    expected.length,
  );
  expect(Buffer.compare(Buffer.from(await subject.received(1)), expected)).toBe(0);
});

test('Ctrl+C copies a selection, and interrupts once there is none', async () => {
  subject = await harness.openShell();
  await subject.type('print wordtocopy\r');
  await subject.shows('wordtocopy\n');
  const { page } = subject;
  const box = await page.locator('.xterm-screen').boundingBox();
  const rowHeight = (box?.height ?? 0) / ((await subject.active())?.size?.rows ?? 1);
  await page.mouse.dblclick((box?.x ?? 0) + 30, (box?.y ?? 0) + rowHeight * 1.5);
  await page.keyboard.press('Control+c');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('wordtocopy');
  expect(await subject.received(1)).not.toContain(3);
  await page.keyboard.press('Control+c');
  await expect.poll(() => subject.received(1)).toContain(3);
});

test('tabs by the keyboard: new, across, close; each with a shell of its own', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.type('first');
  await page.keyboard.press('Control+Shift+Enter');
  await subject.shows('root@node-1:~# ');
  await subject.type('second');
  await subject.shows('second');
  const tab = (name: string) => page.getByRole('tab', { name, exact: true });
  await page.keyboard.press('Control+Shift+ArrowUp');
  await expect.poll(() => focusedText(subject)).toBe('node-1 (2)');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => focusedText(subject)).toBe('node-1');
  expect(await tab('node-1').getAttribute('aria-selected')).toBe('true');
  await page.keyboard.press('Enter');
  await subject.type('!');
  await subject.shows('first!');
  await page.keyboard.press('Control+Shift+ArrowRight');
  await page.keyboard.press('Control+Shift+ArrowUp');
  await page.keyboard.press('Delete');
  expect(await tab('node-1 (2)').count()).toBe(0);
  await expect.poll(() => focusedText(subject)).toBe('node-1');
  expect(await page.evaluate(() => window.node.calls)).toContain('close 2');
});

test('an ended shell says how, and Enter begins a new one', async () => {
  subject = await harness.openShell();
  await subject.type('exit 7\r');
  await subject.shows('[exited with code 7');
  await subject.page.keyboard.press('Enter');
  await subject.page.waitForFunction(() =>
    window.sandglass?.terminals()[0]?.text.endsWith('root@node-1:~# '),
  );
});

test('find marks and counts, goes both ways, and takes expressions', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.type('seq 200\r');
  await subject.shows('200\nroot');
  await page.keyboard.press('Control+Shift+F');
  const bar = page.getByRole('search', { name: 'Find in the terminal' });
  const field = bar.getByRole('textbox');
  await field.fill('19');
  await bar.getByText('of 12').waitFor();
  const count = () => bar.getByRole('status').textContent();
  const first = await count();
  await page.keyboard.press('Enter');
  await expect.poll(count).not.toBe(first);
  await page.keyboard.press('Shift+Enter');
  await expect.poll(count).toBe(first);
  await bar.getByRole('button', { name: 'Regular expression' }).click();
  await field.fill('^1.9$');
  await bar.getByText('of 10').waitFor();
  await field.fill('(');
  await bar.getByText('Not a valid expression').waitFor();
  await field.fill('nothing like it');
  await bar.getByText('No matches').waitFor();
  await page.keyboard.press('Escape');
  expect(await bar.count()).toBe(0);
  await subject.type('typed');
  await subject.shows('typed');
});

test('find begins with the latest match', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.type('seq 200\r');
  await subject.shows('200\nroot');
  await page.keyboard.press('Control+Shift+F');
  const bar = page.getByRole('search');
  await bar.getByRole('textbox').pressSequentially('19');
  await bar.getByText('12 of 12').waitFor();
  await page.keyboard.press('Enter');
  await bar.getByText('11 of 12').waitFor();
});

test('find can tell capitals apart', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.type('print Word word WORD\r');
  await subject.shows('WORD\n');
  await page.getByRole('button', { name: 'Find', exact: true }).click();
  const bar = page.getByRole('search');
  await bar.getByRole('textbox').fill('Word');
  // Once typed and once printed, three ways each.
  await bar.getByText('of 6').waitFor();
  await bar.getByRole('button', { name: 'Match case' }).click();
  await bar.getByText('of 2').waitFor();
});

test('colours of programs are shown under the policy', async () => {
  subject = await harness.openShell({ colorScheme: 'dark' });
  await subject.type('print \\e[38;2;250;200;100mtrue\\e[0m \\e[31mred\r');
  await subject.shows('true red\n');
  const { page } = subject;
  const colourOf = (text: string) =>
    page
      .locator('.xterm-rows > div > span', { hasText: new RegExp(`^${text}$`) })
      .last()
      .evaluate((element) => getComputedStyle(element).color);
  await expect.poll(() => colourOf('true')).toBe('rgb(250, 200, 100)');
  await expect.poll(() => colourOf('red')).toBe('rgb(240, 135, 106)');
});

test('the text can be made larger, which the next visit remembers', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  const before = (await subject.active())?.size?.columns ?? 0;
  for (let times = 0; times < 4; times += 1) await page.keyboard.press('Control+=');
  await expect.poll(async () => (await subject.active())?.size?.columns).toBeLessThan(before);
  const larger = (await subject.active())?.size?.columns;
  await page.reload();
  await subject.shows('root@node-1:~# ');
  expect((await subject.active())?.size?.columns).toBe(larger);
  await page.keyboard.press('Control+0');
  await expect.poll(async () => (await subject.active())?.size?.columns).toBe(before);
});

test('undo in the shell is not taken for smaller text', async () => {
  subject = await harness.openShell();
  await subject.page.keyboard.press('Control+Shift+_');
  await expect.poll(() => subject.received(1)).toEqual([0x1f]);
});

test('the active tab of many is in view', async () => {
  subject = await harness.openShell({ viewport: { width: 390, height: 700 } });
  const { page } = subject;
  for (let times = 0; times < 14; times += 1) await page.keyboard.press('Control+Shift+Enter');
  const inView = (name: string) =>
    page.getByRole('tab', { name, exact: true }).evaluate((tab) => {
      const list = tab.closest('.list')?.getBoundingClientRect();
      const { left, right } = tab.getBoundingClientRect();
      return list !== undefined && left >= list.left && right <= list.right;
    });
  await expect.poll(() => inView('node-1 (15)')).toBe(true);
  await page.keyboard.press('Control+Shift+ArrowRight');
  await expect.poll(() => inView('node-1')).toBe(true);
  expect(await inView('node-1 (15)')).toBe(false);
});

test('reversed text has the contrast of plain text', async () => {
  subject = await harness.openShell({ colorScheme: 'light' });
  await subject.type('print \\e[7mreversed\r');
  await subject.shows('reversed\n');
  const cell = subject.page.locator('.xterm-rows > div > span', { hasText: /^reversed$/ });
  const colours = () =>
    cell.last().evaluate((element) => {
      const { color, backgroundColor } = getComputedStyle(element);
      return [color, backgroundColor];
    });
  await expect.poll(colours).toEqual(['rgb(251, 250, 247)', 'rgb(36, 38, 44)']);
});

test('a screen reader is given the text', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.openMenu();
  await page.getByRole('switch', { name: 'Screen reader mode' }).click();
  await page.keyboard.press('Escape');
  await page.locator('.xterm-accessibility-tree').getByText('root@node-1').first().waitFor();
});

function focusedText({ page }: PageUnderTest): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
}
