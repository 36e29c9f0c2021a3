import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EditorHarness, type EditorPage } from './harness.ts';

let harness: EditorHarness;
let subject: EditorPage;

beforeAll(async () => {
  harness = await EditorHarness.start();
});

afterAll(() => harness.close());

afterEach(async () => {
  harness.lost = undefined;
  const { complaints } = subject;
  await subject.page.context().close();
  expect(complaints).toEqual([]);
});

const head = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n';
const good = `${head}spec:\n  containers:\n  - {name: a, image: busybox:1.36}\n`;

/** By its name in the list. */
function option(name: string) {
  return subject.options.filter({ has: subject.page.getByText(name, { exact: true }) });
}

/** Milliseconds in which a list that has just opened heeds no key (@codemirror/autocomplete, interactionDelay). */
const interactionDelay = 75;

/** Goes down the list to an option. */
async function choose(name: string): Promise<void> {
  const { page } = subject;
  await option(name).waitFor();
  const shown = await page.evaluate(() => performance.now());
  await page.waitForFunction((until) => performance.now() > until, shown + interactionDelay);
  await expect
    .poll(async () => {
      if ((await option(name).getAttribute('aria-selected')) === 'true') return true;
      await page.keyboard.press('ArrowDown');
      return false;
    })
    .toBe(true);
  await page.keyboard.press('Enter');
}

test('a manifest is typed by completion, from keys to values, and applied by keyboard', async () => {
  subject = await harness.edit(`${head}sp`);
  const { page } = subject;
  await page.keyboard.press('Control+Space');
  await choose('spec');
  await expect.poll(() => subject.text()).toBe(`${head}spec:\n  `);
  await choose('containers');
  await choose('name');
  await page.keyboard.type('main');
  await page.keyboard.press('Enter');
  await page.keyboard.type('imageP');
  await choose('imagePullPolicy');
  await choose('IfNotPresent');
  const text = `${head}spec:\n  containers:\n  - name: main\n    imagePullPolicy: IfNotPresent`;
  await expect.poll(() => subject.text()).toBe(text);
  await page.keyboard.press('Control+Enter');
  expect(await subject.applied()).toEqual([text]);
});

test('a completion says what it is', async () => {
  subject = await harness.edit(`${head}spec:\n  hostNet`);
  await subject.page.keyboard.press('Control+Space');
  await option('hostNetwork').waitFor();
  await subject.page.getByText('Host networking requested for this pod.').waitFor();
});

test('what is wrong is said at its line, and leads there', async () => {
  subject = await harness.edit(`${good}---\n${good.replace('image', 'imag')}`);
  const { page } = subject;
  await page.getByRole('status').getByText('2 problems').waitFor();
  const first = page.getByRole('button', { name: 'Line 13 unknown field' });
  await first.click();
  await page.keyboard.type('X');
  await expect.poll(() => subject.text()).toContain('{name: a, Ximag: ');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.type(', image: b');
  await page.getByText('1 problem', { exact: true }).waitFor();
});

test('problems go when they are mended', async () => {
  subject = await harness.edit(`${good}  restartPolicy: Somet`);
  const { page } = subject;
  await page.getByRole('button', { name: /Line 7 .*Unsupported value: "Somet"/ }).waitFor();
  for (let times = 0; times < 5; times += 1) await page.keyboard.press('Backspace');
  await page.keyboard.type('Never');
  await page.keyboard.press('Escape');
  await page.getByRole('status').getByText('No problems').waitFor();
});

test('the field at the cursor is explained, and under the pointer', async () => {
  subject = await harness.edit(`${good}  hostNetwork: true`);
  const { page } = subject;
  const strip = page.getByRole('paragraph').filter({ hasText: 'spec.hostNetwork' });
  await strip.getByText('Host networking requested').waitFor();
  await page.getByText('containers', { exact: true }).hover();
  await page.getByText('spec.containers · []Container · required').waitFor();
});

test('Tab goes through the editor and changes nothing', async () => {
  subject = await harness.open(good);
  const { page } = subject;
  await subject.content.waitFor();
  const passed: string[] = [];
  await page.getByRole('button', { name: 'Before' }).focus();
  while (passed.at(-1) !== 'After' && passed.length < 10) {
    await page.keyboard.press('Tab');
    passed.push(await subject.focus());
  }
  expect(passed).toEqual(['Tab indents', 'Apply', 'Manifest /root/pod.yaml', 'After']);
  await page.keyboard.press('Shift+Tab');
  expect(await subject.focus()).toBe('Manifest /root/pod.yaml');
  expect(await subject.text()).toBeUndefined();
});

test('Tab indents for whom asks for it by Ctrl+M; Escape, then Tab leaves all the same', async () => {
  subject = await harness.edit(good);
  const { page } = subject;
  const box = page.getByRole('checkbox', { name: 'Tab indents' });
  await page.keyboard.press('Control+m');
  expect(await box.isChecked()).toBe(true);
  const description = () => subject.content.getAttribute('aria-description');
  await expect.poll(description).toMatch(/^Tab indents/);
  await page.keyboard.press('Tab');
  await expect.poll(() => subject.text()).toBe(`${good}  `);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await expect.poll(() => subject.focus()).toBe('After');
  expect(await subject.text()).toBe(`${good}  `);
  await box.uncheck();
  await subject.content.focus();
  await page.keyboard.press('Tab');
  expect(await subject.focus()).toBe('After');
  expect(await description()).toMatch(/Control M/);
});

test('the list of problems is one stop of Tab, and the arrows go through it', async () => {
  const fields = Array.from({ length: 47 }, (_, index) => `  wrong${index}: 1\n`).join('');
  subject = await harness.open(`${good}${fields}`);
  const { page } = subject;
  await page.getByRole('status').getByText('47 problems').waitFor();
  await subject.content.focus();
  await page.keyboard.press('Tab');
  expect(await subject.focus()).toMatch(/"spec.wrong0"/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(await subject.focus()).toMatch(/"spec.wrong2"/);
  await page.keyboard.press('Tab');
  expect(await subject.focus()).toBe('After');
  await page.keyboard.press('Shift+Tab');
  expect(await subject.focus()).toMatch(/"spec.wrong2"/);
  await page.keyboard.press('Enter');
  await page.keyboard.type('X');
  await expect.poll(() => subject.text()).toContain('  Xwrong2: 1');
});

test('what is typed over a selection takes its place, and breaks no policy', async () => {
  subject = await harness.edit(good);
  const { page } = subject;
  await page.keyboard.press('Control+a');
  await page.keyboard.type('kind: Pod');
  await expect.poll(() => subject.text()).toBe('kind: Pod');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.type('[');
  await expect.poll(() => subject.text()).toBe('[kind: Pod]');
  await page.keyboard.press('Control+z');
  await expect.poll(() => subject.text()).toBe('kind: Pod');
});

test('a text that is given from outside takes the place of the one there, and can be undone', async () => {
  subject = await harness.edit('a: 1');
  const { page } = subject;
  await page.evaluate(() => {
    window.editor.setValue('b: 2');
  });
  await expect.poll(() => subject.content.innerText()).toBe('b: 2');
  expect(await subject.text()).toBeUndefined();
  await subject.content.click();
  await page.keyboard.press('Control+z');
  await expect.poll(() => subject.text()).toBe('a: 1');
});

test('hostile text is text', async () => {
  const hostile =
    '# <img src=x onerror=document.title=1> \u001b[31m \u202e\nkind: "<b>bold</b>"\napiVersion: <i>v1</i>\n';
  subject = await harness.edit(hostile);
  const { page } = subject;
  const said = 'no matches for kind "<b>bold</b>" in version "<i>v1</i>"';
  await page.getByRole('button', { name: said }).waitFor();
  const found = await page.evaluate(() => {
    const within = document.querySelector('.host')?.shadowRoot;
    return [document, within].flatMap((root) => [...(root?.querySelectorAll('img, b, i') ?? [])]);
  });
  expect(found).toEqual([]);
  expect(await page.title()).toBe('Manifest editor (test page)');
});

test('without its code there is a plain field, and the editor when it can be had', async () => {
  harness.lost = /code-view/;
  subject = await harness.open(good);
  const { page } = subject;
  const field = page.locator('textarea');
  await page.getByRole('alert').getByText('The editor could not be loaded').waitFor();
  await field.fill('kind: Pod');
  await page.getByRole('button', { name: 'Apply' }).click();
  expect(await subject.applied()).toEqual(['kind: Pod']);
  subject.complaints.length = 0;
  harness.lost = undefined;
  await page.getByRole('button', { name: 'Load it again' }).click();
  await field.waitFor({ state: 'detached' });
  await expect.poll(() => subject.content.innerText()).toBe('kind: Pod');
});

test('it can be read before its code comes, which is not asked for before it is seen', async () => {
  const before = harness.requests.length;
  subject = await harness.open(good, { viewport: { width: 400, height: 30 } });
  expect(await subject.page.locator('pre').innerText()).toContain('busybox:1.36');
  const asked = () => harness.requests.slice(before).filter((url) => url.includes('code-view'));
  expect(asked()).toEqual([]);
  await subject.page.setViewportSize({ width: 400, height: 400 });
  await subject.content.waitFor();
  expect(asked()).toHaveLength(1);
});
