import type { Locator } from 'playwright';
import { expect, test } from 'vitest';
import { type PageUnderTest, useHarness } from './harness.ts';

const harness = useHarness();
let subject: PageUnderTest;

function phone(width: number) {
  return { viewport: { width, height: 740 }, hasTouch: true, isMobile: true };
}

test('a phone has a bar of the keys that its keyboard lacks', async () => {
  subject = await harness.openShell(phone(390));
  const { page } = subject;
  const keys = page.getByRole('toolbar', { name: 'Keys' });
  await keys.getByRole('button', { name: 'Pipe' }).tap();
  await keys.getByRole('button', { name: 'Up' }).tap();
  await keys.getByRole('button', { name: 'Ctrl' }).tap();
  await keys.getByRole('button', { name: 'Slash' }).tap();
  await expect.poll(async () => Buffer.from(await subject.received(1)).toString()).toBe('|\x1b[A/');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

test('nothing but a touch of the terminal brings up the keyboard', async () => {
  subject = await harness.openShell(phone(390));
  const { page } = subject;
  const tap = (name: string | RegExp) => page.getByRole('button', { name }).tap();
  const step = async (what: string, ...controls: (string | RegExp)[]) => {
    for (const control of controls) await tap(control);
    expect(await subject.focus(), what).not.toBe('the terminal');
  };
  expect(await subject.focus()).toBe('');
  await step('a command of the menu', 'Menu', 'Reset terminal');
  await step('a dialog', 'Menu', 'Keyboard', 'Close');
  await step('find', 'Menu', 'Find in terminal', 'Close find');
  await step('a new tab', 'New terminal');
  await page.getByRole('tab', { name: 'node-1', exact: true }).tap();
  await step('a tab', 'Close node-1 (2)');
  await step('a pause', 'Menu', 'Pause');
  await step('its end', 'Resume');
  await page.locator('.xterm-screen:visible').tap();
  await expect.poll(() => subject.focus()).toBe('the terminal');
});

interface Box {
  name: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Where these are, those that are shown. */
function boxesOf(elements: Locator): Promise<Box[]> {
  return elements.evaluateAll((found) =>
    found
      .filter((element) => element.checkVisibility())
      .map((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const name = element.getAttribute('aria-label') ?? element.textContent.trim();
        return { name, left, right, top, bottom };
      }),
  );
}

/** Names of boxes that lie over each other, or beyond an edge. */
function collisions(boxes: readonly Box[], width: number): string[] {
  const beyond = boxes.filter(({ left, right }) => left < 0 || right > width);
  const over = boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter((other) => one.left < other.right && other.left < one.right)
      .filter((other) => one.top < other.bottom && other.top < one.bottom)
      .map((other) => `${one.name} over ${other.name}`),
  );
  return [...beyond.map(({ name }) => `${name} beyond the edge`), ...over];
}

test.each([320, 360, 390, 640])('the parts of a header of %d px have room', async (width) => {
  subject = await harness.openShell(phone(width));
  const { page } = subject;
  // The longest words that they say.
  await page.evaluate(() => {
    window.node.tellHeld([{ id: 1, point: 'cri/StartContainer', details: {} }] as never);
    window.node.setStatus({ kind: 'paused', by: 'sleep' });
  });
  await page.getByRole('button', { name: 'X-ray · held' }).waitFor();
  const parts = page.locator('header :is(h1, .status, time, button)');
  await expect
    .poll(async () => (await boxesOf(parts)).length)
    .toBeGreaterThanOrEqual(width > 480 ? 6 : 5);
  expect(collisions(await boxesOf(parts), width)).toEqual([]);
});

test('the X-ray’s tabs and its badge have room', async () => {
  subject = await harness.openShell(phone(360));
  const { page } = subject;
  await page.getByRole('button', { name: 'X-ray', exact: true }).tap();
  const boxes = await boxesOf(page.locator('.xray :is([role=tablist], .real)'));
  expect(boxes).toHaveLength(2);
  expect(collisions(boxes, 360)).toEqual([]);
  await page.getByRole('tab', { name: 'Images' }).tap();
  await page.getByText('No image yet').waitFor();
});

test.each([320, 390])('what is held is said in full on %d px', async (width) => {
  subject = await harness.openShell(phone(width));
  const { page } = subject;
  await page.evaluate(() => {
    window.node.tellHeld([
      { id: 1, point: 'cri/UpdatePodSandboxResources', details: {} },
      { id: 2, point: 'cri/UpdatePodSandboxResources', details: {} },
    ] as never);
    window.node.tellClock({ stoppedAt: Date.UTC(2026, 2, 1, 12), behind: 0 });
  });
  await page.getByRole('button', { name: 'X-ray · held' }).tap();
  const stepper = page.getByRole('group', { name: 'Stepper' });
  const said = stepper.getByText('held before UpdatePodSandboxResources and 1 more');
  await said.waitFor();
  expect(await said.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
  const parts = stepper.locator('button, [role=status], .clock');
  expect(collisions(await boxesOf(parts), width)).toEqual([]);
});

/** WCAG 2.2, 2.5.8. */
test('every control is large enough to be touched', async () => {
  subject = await harness.openShell(phone(360));
  const { page } = subject;
  await page.getByRole('button', { name: 'New terminal' }).tap();
  await page.getByRole('button', { name: 'X-ray', exact: true }).tap();
  await page.getByRole('button', { name: 'More' }).tap();
  await page.getByRole('button', { name: 'Export as JSON' }).waitFor();
  const boxes = await boxesOf(page.locator('button'));
  expect(boxes.map(({ name }) => name)).toContain('Close node-1 (2)');
  const small = boxes.filter(
    ({ left, right, top, bottom }) => right - left < 24 || bottom - top < 24,
  );
  expect(small).toEqual([]);
});
