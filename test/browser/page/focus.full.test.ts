import type { Locator } from 'playwright';
import { expect, test } from 'vitest';
import { type PageUnderTest, useHarness } from './harness.ts';

const harness = useHarness();
let subject: PageUnderTest;

test('the X-ray’s tabs are one stop, and go by arrows', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  await page.getByRole('tab', { name: 'Time line' }).focus();
  for (const [key, name] of [
    ['ArrowRight', 'Node'],
    ['End', 'Images'],
    ['ArrowRight', 'SyncLoop'],
    ['ArrowLeft', 'Images'],
    ['Home', 'SyncLoop'],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(() => subject.focus()).toBe(name);
    const tab = page.getByRole('tab', { name, exact: true, selected: true });
    expect(await tab.count()).toBe(1);
    // Wherever the others have had to go for it.
    await expect.poll(() => isWithin(tab)).toBe(true);
  }
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.role)).not.toBe('tab');
});

function isWithin(tab: Locator): Promise<boolean> {
  return tab.evaluate((element) => {
    const [own, list] = [element, element.parentElement ?? element].map((each) =>
      each.getBoundingClientRect(),
    );
    return (
      own !== undefined &&
      list !== undefined &&
      own.left >= list.left - 1 &&
      own.right <= list.right + 1
    );
  });
}

test('the focus goes on where the button that had it goes', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.evaluate(() => {
    // Announced, and never sent.
    window.node.downloadFile = (path) => Promise.resolve({ name: path.slice(1), bytes: 1_000_000 });
  });
  for (const name of ['one', 'two']) {
    await subject.choose('Download file…');
    await page.getByRole('textbox', { name: 'Its path on node-1' }).fill(`/${name}`);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: `Cancel: Downloading ${name}` }).waitFor();
  }
  await page.getByRole('button', { name: 'Cancel: Downloading one' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('Dismiss: The download of one was cancelled.');
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('Cancel: Downloading two');
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('Dismiss: The download of two was cancelled.');
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('the terminal');
});

test('the focus goes to the terminal from a notice that is dismissed', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.evaluate(() => {
    window.node.notice('Something was not there.');
  });
  await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('the terminal');
});

test('a selection that ends beside a dialog leaves it open, a click there does not', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.choose('Download file…');
  const dialog = page.getByRole('dialog', { name: 'Download a file' });
  const title = await dialog.getByRole('heading').boundingBox();
  if (!title) throw new Error('The dialog has no title.');
  await page.mouse.move(title.x + 40, title.y + 10);
  await page.mouse.down();
  await page.mouse.move(5, 5);
  await page.mouse.up();
  expect(await dialog.isVisible()).toBe(true);
  await page.mouse.click(5, 5);
  await dialog.waitFor({ state: 'hidden' });
});

test('a path that will not do is said of its field', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.choose('Download file…');
  const field = page.getByRole('textbox', { name: 'Its path on node-1' });
  const invalid = () => field.getAttribute('aria-invalid');
  await field.fill('etc/hosts');
  await page.getByRole('status').getByText('The path begins with a slash.').waitFor();
  expect(await invalid()).toBe('true');
  await field.fill('/etc/hosts');
  expect(await invalid()).toBe('false');
});

test('a copy that the browser refuses is said, and leaves what is selected', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.evaluate(() => {
    navigator.clipboard.writeText = () =>
      Promise.reject(new DOMException('No.', 'NotAllowedError'));
    Object.assign(document, { execCommand: () => false });
  });
  await page.locator('.xterm-screen:visible').dblclick({ position: { x: 20, y: 10 } });
  await page.keyboard.press('Control+c');
  await page.getByRole('alert').getByText('The browser did not allow to copy.').waitFor();
  await page.keyboard.press('Control+Shift+F');
  // Find begins with what is selected.
  await expect
    .poll(() => page.getByRole('search').getByRole('textbox').inputValue())
    .toContain('root');
});
