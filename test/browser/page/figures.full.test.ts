import { expect, test } from 'vitest';
import { usualLayout } from '#ui/playground/layout.ts';
import { encodeFragment } from '#ui/playground/permalink.ts';
import { FakeTrace, tellPodStart } from '#ui/testing/fake-trace.ts';
import { type PageUnderTest, useHarness } from './harness.ts';

const web = { namespace: 'default', name: 'web', uid: 'u1' };

const harness = useHarness();
let subject: PageUnderTest;

const figure = (number: number) =>
  subject.page.getByRole('group', { name: `Figure ${number}`, exact: true });
const chosen = (number: number) =>
  figure(number).getByRole('tab', { selected: true }).textContent();
const press = (key: string) => subject.page.keyboard.press(key);

async function boxOf(number: number): Promise<{ x: number; y: number; width: number }> {
  const box = await figure(number).boundingBox();
  if (!box) throw new Error(`Figure ${number} is not seen.`);
  return box;
}

function linkTo(xray: object): Promise<string> {
  const layout = { ...usualLayout, figures: true, xray } as never;
  return encodeFragment({ file: '/root/pod.yaml', manifest: 'kind: Pod\n', layout });
}

test('two figures are seen at once, moved, chosen and closed by the keyboard, and stay so', async () => {
  subject = await harness.openShell({ viewport: { width: 1440, height: 900 } });
  const { page } = subject;
  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  const trace = new FakeTrace();
  tellPodStart(trace, { pod: web, image: 'busybox:1.36', pid: 402 });
  await page.evaluate((batch) => window.node.tellTrace(batch), trace.batch());
  expect(await figure(1).count()).toBe(0);

  await page.getByRole('button', { name: 'A second figure beside this one' }).focus();
  await press('Enter');
  await expect.poll(() => subject.focus()).toBe('Node');
  await press('ArrowRight');
  await press('ArrowRight');
  expect([await chosen(1), await chosen(2)]).toEqual(['Time line', 'CRI calls']);
  await figure(1).getByRole('application').waitFor();
  await figure(2)
    .getByRole('button', { name: /RunPodSandbox/ })
    .waitFor();
  expect((await boxOf(1)).y).toBe((await boxOf(2)).y);

  const { width } = await boxOf(1);
  const size = page.getByRole('separator', { name: 'Size of the first figure' });
  await size.focus();
  await press('ArrowRight');
  expect(await size.getAttribute('aria-valuenow')).toBe('52');
  expect((await boxOf(1)).width).toBeGreaterThan(width);
  await page.getByRole('button', { name: 'Put one figure above the other' }).focus();
  await press('Enter');
  await expect.poll(() => subject.focus()).toBe('Put the figures side by side');
  expect((await boxOf(1)).x).toBe((await boxOf(2)).x);
  expect((await boxOf(1)).y).toBeLessThan((await boxOf(2)).y);
  await size.focus();
  await press('ArrowUp');
  expect(await size.getAttribute('aria-valuenow')).toBe('50');

  await page.reload();
  await subject.shows('root@node-1:~# ');
  expect([await chosen(1), await chosen(2)]).toEqual(['Time line', 'CRI calls']);
  expect((await boxOf(1)).y).toBeLessThan((await boxOf(2)).y);

  // What stays is as it was.
  await figure(2).getByLabel('also what the kubelet asks by the clock').check();
  await page.getByRole('button', { name: 'Close Time line' }).focus();
  await press('Enter');
  await expect.poll(() => subject.focus()).toBe('CRI calls');
  expect(await figure(1).count()).toBe(0);
  const routine = page.getByLabel('also what the kubelet asks by the clock');
  expect(await routine.isChecked()).toBe(true);
  await page.reload();
  await subject.shows('root@node-1:~# ');
  await page.getByRole('tab', { name: 'CRI calls', selected: true }).waitFor();
});

test('a link has the figures as they were; one from before there were two has one', async () => {
  const fragment = await linkTo({ views: ['pods', 'events'], placing: 'beside', share: 0.3 });
  subject = await harness.openShell({ viewport: { width: 1440, height: 900 } }, `#${fragment}`);
  const { page } = subject;
  await figure(2).waitFor();
  expect([await chosen(1), await chosen(2)]).toEqual(['Pods', 'Events']);
  const size = page.getByRole('separator', { name: 'Size of the first figure' });
  expect(await size.getAttribute('aria-valuenow')).toBe('30');
  await page.getByRole('button', { name: 'Share…' }).click();
  const link = page.getByRole('textbox', { name: /^A link to it/ });
  await expect.poll(() => link.inputValue()).not.toBe('');
  const shared = await link.inputValue();
  await press('Escape');
  const old = await encodeFragment({
    ...{ file: '/root/pod.yaml', manifest: 'kind: Pod\n' },
    layout: { bench: true, view: 'manifest', figures: true, side: 0.46, stack: 0.55 } as never,
  });
  await page.evaluate((hash) => (location.hash = hash), `#${old}`);
  await figure(2).waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Time line', selected: true }).waitFor();
  await page.evaluate((hash) => (location.hash = hash), new URL(shared).hash);
  await figure(2).waitFor();
  expect([await chosen(1), await chosen(2)]).toEqual(['Pods', 'Events']);
});

test('a phone shows one figure of two', async () => {
  const fragment = await linkTo({ views: ['images', 'events'], placing: 'beside', share: 0.3 });
  subject = await harness.openShell(
    { viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true },
    `#${fragment}`,
  );
  const { page } = subject;
  await page.getByRole('tab', { name: 'Images', selected: true }).waitFor();
  expect(await page.getByRole('tablist', { name: /see of the cluster/ }).count()).toBe(1);
  expect(await page.getByRole('button', { name: /^(A second figure|Close Images)/ }).count()).toBe(
    0,
  );
  await page.getByRole('tab', { name: 'Pods' }).tap();
  await page.getByText('No pod yet.').waitFor();
  // With room for both the other is as it was.
  await page.setViewportSize({ width: 1440, height: 900 });
  await figure(2).waitFor();
  expect([await chosen(1), await chosen(2)]).toEqual(['Pods', 'Events']);
});
