import { expect, test } from 'vitest';
import { usualLayout } from '#ui/playground/layout.ts';
import { encodeFragment } from '#ui/playground/permalink.ts';
import { type PageUnderTest, useHarness } from './harness.ts';

const harness = useHarness();
let subject: PageUnderTest;

const editor = () => subject.page.getByRole('textbox', { name: /^Manifest \// });
const file = (path: string) =>
  subject.page.evaluate((path) => {
    const bytes = window.node.files.get(path);
    return bytes && new TextDecoder().decode(bytes);
  }, path);

async function openBench(view?: string): Promise<void> {
  await subject.page.getByRole('button', { name: 'Edit & break', exact: true }).click();
  if (view !== undefined) await subject.page.getByRole('tab', { name: view }).click();
}

test('a manifest is chosen, changed, and applied by a command that the reader sees', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await openBench();
  await page.getByRole('combobox', { name: 'Example' }).selectOption('Out of memory');
  await editor().getByText('tail /dev/zero').waitFor();
  await editor().click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('# mine\n');
  await page.getByRole('combobox', { name: 'Example' }).getByText('Your own').waitFor({
    state: 'attached',
  });
  await page.keyboard.press('Control+Enter');
  await subject.shows('kubectl apply -f /root/out-of-memory.yaml\n');
  expect(await file('/root/out-of-memory.yaml')).toMatch(/^# mine\n# Takes more memory/);
  await page.getByRole('button', { name: 'kubectl describe pod hungry' }).click();
  await subject.shows('# kubectl describe pod hungry\n');
});

test('a static pod is put where the kubelet looks', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await openBench();
  await page.getByRole('combobox', { name: 'Example' }).selectOption('A static pod');
  await page.getByRole('button', { name: 'Apply' }).click();
  await subject.shows('# kubectl get pods\n');
  expect(await file('/etc/kubernetes/manifests/static-web.yaml')).toContain('static-web');
});

test('nothing is typed into a program: another terminal takes the command', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await subject.type('swallow\n');
  await subject.shows('ready');
  await openBench();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('tab', { name: 'node-1 (2)', selected: true }).waitFor();
  await subject.shows('kubectl apply -f /root/one-container.yaml\n');
  expect(Buffer.from(await subject.received(1)).toString()).toBe('swallow\r');
});

test('what cannot be written is said, and nothing is typed', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.evaluate(() => {
    window.node.uploadFile = () => Promise.reject(new Error('The disk is full.'));
  });
  await openBench();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('alert').getByText('The disk is full.').waitFor();
  expect((await subject.active())?.text).not.toContain('kubectl');
});

test('a link brings manifest and layout, applies nothing, and shows what is hostile as text', async () => {
  const manifest =
    '# <img src=x onerror=document.title=1> \u001b[31m\nkind: <script>alert(1)</script>\n';
  const layout = { ...usualLayout, figures: true, side: 0.3 };
  const fragment = await encodeFragment({ file: '/root/theirs.yaml', manifest, layout });
  subject = await harness.openShell({}, `#${fragment}`);
  const { page } = subject;
  await page.getByRole('note').getByText('Nothing of it has been applied').waitFor();
  await editor().getByText('<script>alert(1)</script>').waitFor();
  expect(await page.title()).not.toBe('1');
  const side = page.getByRole('separator', { name: 'Width of what is beside the terminals' });
  expect(await side.getAttribute('aria-valuenow')).toBe('30');
  expect(
    await page.getByRole('button', { name: 'X-ray', exact: true }).getAttribute('aria-pressed'),
  ).toBe('true');
  expect((await subject.active())?.text).not.toContain('kubectl');
  expect(await page.evaluate(() => [...window.node.files.keys()])).toEqual([]);
  await page.getByRole('button', { name: 'Apply' }).click();
  await subject.shows('kubectl apply -f /root/theirs.yaml\n');
  expect(await file('/root/theirs.yaml')).toBe(manifest);
});

test('a damaged link is said', async () => {
  subject = await harness.openShell({}, '#v1.AAAA');
  await subject.page.getByRole('alert').getByText('The link that led here is damaged').waitFor();
});

test('what is shown is shared as a link and as a line for another page', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await openBench();
  await page.getByRole('combobox', { name: 'Example' }).selectOption('CPU limits');
  await page.getByRole('button', { name: 'Share…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share this manifest' });
  await dialog.getByRole('button', { name: /^Copy: A link/ }).click();
  await dialog.getByText('Copied').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await dialog.getByRole('button', { name: /^Copy: A line/ }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toContain(`src="${link.replace(/(\?.*)?#/, '?embed#')}"`);
  await page.keyboard.press('Escape');
  await expect.poll(() => subject.focus()).toBe('Share…');
  // The same page, as who is given the link has it.
  await page.getByRole('combobox', { name: 'Example' }).selectOption('One container');
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash);
  await editor().getByText('cpu: 50m').waitFor();
});

test('the parts are as large as the reader makes them, by pointer and by key, and stay so', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await openBench();
  const side = page.getByRole('separator', { name: 'Width of what is beside the terminals' });
  const share = () => side.getAttribute('aria-valuenow');
  const box = await side.boundingBox();
  if (!box) throw new Error('There is no splitter.');
  await page.mouse.move(box.x, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(300, box.y + 100);
  await page.mouse.up();
  expect(await share()).toBe('30');
  await side.focus();
  await page.keyboard.press('ArrowRight');
  expect(await share()).toBe('32');
  await page.keyboard.press('End');
  expect(await share()).toBe('85');
  await side.dblclick();
  expect(await share()).toBe('46');
  await page.keyboard.press('ArrowLeft');
  await page.reload();
  await subject.shows('root@node-1:~# ');
  expect(await share()).toBe('44');
  await editor().waitFor();
});

test('faults say what they do, are made and undone', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.evaluate(() => {
    window.node.tellPods([
      { metadata: { name: 'web', namespace: 'default' }, status: { phase: 'Running' } },
      { metadata: { name: 'late', namespace: 'default' }, status: { phase: 'Pending' } },
    ]);
  });
  await openBench('Faults');
  const pause = page.getByRole('region', { name: 'Kill pause' });
  expect(await pause.getByRole('option').allTextContents()).toEqual(['default/web']);
  await pause.getByRole('button', { name: 'Kill it' }).click();
  await subject.shows('kill -9 $(crictl inspectp');
  const runtime = page.getByRole('region', { name: 'Stop the runtime' });
  await runtime.getByRole('button', { name: 'Stop it' }).click();
  await runtime.getByText('made', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Edit & break · 1 fault' }).waitFor();
  await runtime.getByRole('button', { name: 'Start it again' }).click();
  await page.getByRole('button', { name: 'Edit & break', exact: true }).waitFor();
  const calls = await page.evaluate(() => window.node.calls.filter((call) => /faults/.test(call)));
  expect(calls).toEqual(['faults {"runtimeStopped":true}', 'faults {"runtimeStopped":false}']);
  await page.getByRole('button', { name: 'Break it' }).click();
  await subject.shows('mv /etc/cni/net.d/10-sandglass.conflist /root/\n');
});

test('a phone has room for one thing beside the terminals: the last that was asked for', async () => {
  subject = await harness.openShell({
    viewport: { width: 390, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  const { page } = subject;
  const pressed = (name: string) =>
    page.getByRole('button', { name, exact: true }).getAttribute('aria-pressed');
  await page.getByRole('button', { name: 'Edit & break', exact: true }).tap();
  await editor().waitFor();
  await page.getByRole('button', { name: 'X-ray', exact: true }).tap();
  await expect.poll(() => pressed('Edit & break')).toBe('false');
  await page.getByRole('button', { name: 'Edit & break', exact: true }).tap();
  await expect.poll(() => pressed('X-ray')).toBe('false');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
