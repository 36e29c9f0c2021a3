import { expect, test } from 'vitest';
import { accessibilityViolations, bringAxe } from '../site/axe.ts';
import { tamper } from '../tamper.ts';
import { type PageUnderTest, useHarness } from './harness.ts';

const harness = useHarness();
let subject: PageUnderTest;

const nothing = 'No cluster is saved in this browser.';
const save = (page = subject.page) =>
  page.getByRole('button', { name: 'Save the cluster in this browser' });
const list = (page = subject.page) => page.getByRole('list', { name: 'Saved clusters' });
const rows = (page = subject.page) => list(page).getByRole('listitem');
/** Buttons of the rows that are named so: what they do, a colon, and what to. */
const action = (name: string, page = subject.page) =>
  list(page).getByRole('button', { name: new RegExp(`^${name}`) });
const transfers = () => subject.page.getByRole('region', { name: 'Transfers' });

/** Opens a page with nothing saved in its browser, and the bench's view of what is. */
async function openSaved(): Promise<void> {
  subject = await harness.openShell();
  await subject.page.getByRole('button', { name: 'Edit & break', exact: true }).click();
  await subject.page.getByRole('tab', { name: 'Saved clusters' }).click();
  await subject.page.getByText(nothing).waitFor();
}

async function saveOne(): Promise<void> {
  const before = await rows().count();
  await save().click();
  await expect.poll(() => rows().count()).toBe(before + 1);
}

/** Names the one that has no name of its own yet. */
async function name(newName: string): Promise<void> {
  await action('Rename: Cluster of').click();
  await subject.page.getByRole('textbox', { name: 'Name of the saved cluster' }).fill(newName);
  await subject.page.keyboard.press('Enter');
}

test('clusters are saved in the browser, named, opened and deleted', async () => {
  await openSaved();
  const { page } = subject;
  await save().click();
  await page.getByText('Saved the cluster with 2 pods in this browser (5 bytes).').waitFor();
  await list().getByText('2 pods · 5 bytes', { exact: true }).waitFor();
  await page.getByRole('status').getByText('1 cluster, 5 bytes in all.').waitFor();
  await name('  <b>before</b> the fall ');
  await list().getByRole('heading', { name: '<b>before</b> the fall' }).waitFor();
  await page.reload();
  await list().getByRole('heading', { name: '<b>before</b> the fall' }).waitFor();
  await subject.shows('root@node-1:~# ');
  await subject.type('x');
  await action('Open').click();
  await list().getByText('which is lost').waitFor();
  await list().getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByText('Opened the cluster of 2026-03-01').waitFor();
  expect(await page.evaluate(() => window.node.calls)).toContain('open saved');
  await action('Delete').click();
  await list().getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText(nothing).waitFor();
  await expect.poll(() => subject.focus()).toBe('Save the cluster in this browser');
});

test('the keyboard does all of it, and finds its way back', async () => {
  await openSaved();
  const { page } = subject;
  await page.getByRole('tab', { name: 'Saved clusters' }).focus();
  await page.keyboard.press('Tab');
  expect(await subject.focus()).toBe('Save the cluster in this browser');
  await page.keyboard.press('Enter');
  await rows().waitFor();
  const name = 'Cluster of 2026-03-01 12:00:00 UTC';
  for (const each of ['Open', 'Rename', 'To a file', 'Delete']) {
    await page.keyboard.press('Tab');
    expect(await subject.focus()).toBe(`${each}: ${name}`);
  }
  await page.keyboard.press('Enter');
  expect(await subject.focus()).toBe('Cancel');
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe(`Delete: ${name}`);
  await action('Rename').focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('Name of the saved cluster');
  await page.keyboard.type('other');
  await page.keyboard.press('Escape');
  await expect.poll(() => subject.focus()).toBe(`Rename: ${name}`);
  await page.keyboard.press('Enter');
  await page.keyboard.type('mine');
  await page.keyboard.press('Enter');
  await expect.poll(() => subject.focus()).toBe('Rename: mine');
});

test('a saved cluster becomes a file', async () => {
  await openSaved();
  await saveOne();
  const [file] = await Promise.all([
    subject.page.waitForEvent('download'),
    action('To a file').click(),
  ]);
  expect(file.suggestedFilename()).toBe('cluster-2026-03-01-1200.sandglass');
});

test('what one tab saves and deletes the others list, and what is gone is said', async () => {
  await openSaved();
  const { page } = subject;
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByText(nothing).waitFor();
  await saveOne();
  await rows(other).waitFor();
  // The other has it under the pointer, and a question about it open.
  await action('Delete', other).click();
  await action('Delete').click();
  await list().getByRole('button', { name: 'Delete', exact: true }).click();
  await other.getByText(nothing).waitFor();
  await expect
    .poll(() => other.evaluate(() => document.activeElement?.textContent.trim()))
    .toBe('Save the cluster in this browser');
  // A tab that has not heard of it yet.
  await saveOne();
  await rows(other).waitFor();
  await other.evaluate(() => {
    BroadcastChannel.prototype.postMessage = () => undefined;
  });
  await action('Delete', other).click();
  await list(other).getByRole('button', { name: 'Delete', exact: true }).click();
  await other.getByText(nothing).waitFor();
  await action('Open').click();
  await page.getByRole('alert').getByText('is no longer in this browser').waitFor();
  await page.getByText(nothing).waitFor();
  expect(await page.evaluate(() => window.node.calls)).not.toContain('open saved');
});

test('a cluster of another build cannot be opened, and is said so', async () => {
  await openSaved();
  await saveOne();
  expect(await action('Open').isEnabled()).toBe(true);
  await subject.page.evaluate(() => {
    window.node.build = () => Promise.resolve('a later build');
  });
  await subject.page.getByRole('tab', { name: 'Faults' }).click();
  await subject.page.getByRole('tab', { name: 'Saved clusters' }).click();
  await list().getByText('Saved by another build of this site').waitFor();
  expect(await action('Open').isEnabled()).toBe(false);
  expect(await action('To a file').isEnabled()).toBe(true);
});

test('a damaged cluster is told, changes nothing, and can be deleted', async () => {
  await openSaved();
  const { page } = subject;
  await saveOne();
  await tamper(page, 'Cluster', 'garbled');
  await action('Open').click();
  await transfers().getByText('This file is not a saved cluster.').waitFor();
  await tamper(page, 'Cluster', 'cut short');
  await action('Open').click();
  await page.getByRole('alert').getByText('the browser has lost a part of it').waitFor();
  await tamper(page, 'Cluster', 'lost');
  await list().getByText('It cannot be opened.').waitFor();
  expect(await action('Open').count()).toBe(0);
  expect(await page.evaluate(() => window.node.status)).toEqual({
    kind: 'running',
    source: 'snapshot',
  });
  await action('Delete').click();
  await list().getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText(nothing).waitFor();
});

test('axe finds nothing, whatever is listed, in both themes', async () => {
  await openSaved();
  const { page } = subject;
  const names = ['sound', 'lost', 'of another build', 'asked about', 'renamed'];
  for (const each of names) {
    await saveOne();
    await name(each);
    await list().getByRole('heading', { name: each }).waitFor();
  }
  await bringAxe(page.context());
  await page.reload();
  await tamper(page, 'lost', 'lost');
  await tamper(page, 'of another', 'of another build');
  await list().getByText('Saved by another build of this site').waitFor();
  await list().getByText('It cannot be opened.').waitFor();
  await list().getByRole('button', { name: 'Delete: asked about' }).click();
  await list().getByRole('button', { name: 'Rename: renamed' }).click();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await accessibilityViolations(page)).toEqual([]);
  }
});

test('a browser without room says so, keeps what it has, and nothing of the new', async () => {
  await openSaved();
  const { page } = subject;
  await saveOne();
  await page.evaluate(() => {
    const put = Reflect.get<IDBObjectStore, 'put'>(IDBObjectStore.prototype, 'put');
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...values) {
      if (this.name === 'content') return put.apply(this, values);
      throw new DOMException('Full.', 'QuotaExceededError');
    };
    Object.assign(window, { makeRoom: () => (IDBObjectStore.prototype.put = put) });
  });
  await save().click();
  await transfers().getByText('The browser has no room for 5 bytes more').waitFor();
  expect(await page.evaluate(() => window.node.status)).toMatchObject({ kind: 'running' });
  await page.getByRole('tab', { name: 'Faults' }).click();
  await page.getByRole('tab', { name: 'Saved clusters' }).click();
  await page.getByRole('status').getByText('1 cluster, 5 bytes in all.').waitFor();
  await transfers()
    .getByRole('button', { name: /^Try again/ })
    .click();
  await transfers().getByText('The browser has no room for 5 bytes more').waitFor();
  await page.evaluate(() => (window as unknown as { makeRoom: () => void }).makeRoom());
  await transfers()
    .getByRole('button', { name: /^Try again/ })
    .click();
  await expect.poll(() => rows().count()).toBe(2);
});

test.each([
  ['in time', false],
  ['when it is too late for the browser', true],
])('a saving that is cancelled %s keeps nothing', async (_when, isLate) => {
  await openSaved();
  const { page } = subject;
  await page.evaluate((isLate) => {
    const put = Reflect.get<IDBObjectStore, 'put'>(IDBObjectStore.prototype, 'put');
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...values) {
      const request = put.apply(this, values);
      if (this.name === 'facts')
        document.querySelector<HTMLElement>('[aria-label="Cancel: Saving the cluster"]')?.click();
      return request;
    };
    if (!isLate) return;
    IDBTransaction.prototype.abort = () => {
      throw new DOMException('It is being finished.', 'InvalidStateError');
    };
  }, isLate);
  await save().click();
  await transfers().getByText('The saving of the cluster was cancelled.').waitFor();
  // Begun after what saves, it waits for the end of that.
  const inStores = () =>
    page.evaluate(async () => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve) => (request.onsuccess = () => resolve(request.result)));
      const database = await done(indexedDB.open('sandglass-clusters'));
      const transaction = database.transaction(['facts', 'content']);
      const counts = ['facts', 'content'].map((name) => transaction.objectStore(name).count());
      const [facts, content] = await Promise.all(counts.map((count) => done(count)));
      database.close();
      return { facts, content };
    });
  await expect.poll(inStores).toEqual({ facts: 0, content: 0 });
  await page.getByText(nothing).waitFor();
});

test('a browser that allows no storage says so, and the machine is there all the same', async () => {
  subject = await harness.openShell();
  const { page } = subject;
  await page.evaluate(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
  });
  await page.getByRole('button', { name: 'Edit & break', exact: true }).click();
  await page.getByRole('tab', { name: 'Saved clusters' }).click();
  await page.getByRole('alert').getByText('lets this page keep nothing').waitFor();
  await save().click();
  await transfers().getByText('lets this page keep nothing').waitFor();
  expect(await rows().count()).toBe(0);
});
