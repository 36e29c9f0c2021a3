import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { accessibilityViolations, bringAxe } from './axe.ts';
import { useSite } from './harness.ts';

const site = useSite();

/** Pages without a machine, with what each is headed. */
const documents = [
  ['', 'A Kubernetes node that you can open, hold and step'],
  ['lessons/', 'Contents'],
  ['real/', 'What is real here'],
  ['credits/', 'Credits and licences'],
] as const;

/** Opens a page that axe-core is in. */
async function openWithAxe(path: string, colorScheme: 'light' | 'dark'): Promise<Page> {
  const context = await site.newContext({ colorScheme });
  await bringAxe(context);
  return (await site.open({ context, path })).page;
}

test.each(documents)('/%s reads without JavaScript', async (path, heading) => {
  const context = await site.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(site.url + path);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(heading);
  for (const property of ['og:title', 'og:description']) {
    expect(await page.locator(`meta[property="${property}"]`).getAttribute('content')).toMatch(
      /\w/,
    );
  }
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
});

test.each(documents.flatMap(([path]) => [[path, 'light'] as const, [path, 'dark'] as const]))(
  'axe finds nothing in /%s, %s',
  async (path, colorScheme) => {
    const page = await openWithAxe(path, colorScheme);
    await page.getByRole('button', { name: /^Switch to the/ }).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
  },
);

test.each(['light', 'dark'] as const)('axe finds nothing in the playground, %s', async (scheme) => {
  const page = await openWithAxe('playground/', scheme);
  await page.waitForFunction(() => performance.getEntriesByName('sandglass:prompt').length > 0);
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  await page.getByRole('button', { name: 'A second figure below this one' }).click();
  await page.getByRole('group', { name: 'Figure 2' }).getByText('Network: the bridge').waitFor();
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Edit & break', exact: true }).click();
  for (const view of ['Manifest', 'Faults', 'Saved clusters']) {
    await page.getByRole('tab', { name: view }).click();
    await page.getByRole('tabpanel', { name: view }).waitFor();
    expect(await accessibilityViolations(page), view).toEqual([]);
  }
});

test('taking a page over moves nothing and keeps what the build has drawn', async () => {
  // A lesson has its machine come, too.
  const lesson = 'lessons/a-node-you-can-open/the-machine-in-your-tab/';
  for (const path of [...documents.map(([path]) => path), lesson]) {
    const context = await site.newContext();
    const page = await context.newPage();
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          shifts.push((entry as never as { value: number }).value);
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(site.url + path, { waitUntil: 'networkidle' });
    if (path === lesson) {
      await page.waitForFunction(() => performance.getEntriesByName('sandglass:prompt').length > 0);
    }
    const shifts = await page.evaluate(
      () => (globalThis as unknown as { shifts: number[] }).shifts,
    );
    expect(
      shifts.reduce((sum, value) => sum + value, 0),
      path,
    ).toBeLessThan(0.05);
  }
});

test('the theme is chosen once for all pages, and is there before the first paint', async () => {
  const { page, context } = await site.open({ path: '', colorScheme: 'light' });
  await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
  const other = await context.newPage();
  await other.addInitScript(() => {
    new PerformanceObserver((list) => {
      for (const { name } of list.getEntries()) {
        if (name !== 'first-contentful-paint') continue;
        Object.assign(globalThis, { themeAtPaint: document.documentElement.dataset['theme'] });
      }
    }).observe({ type: 'paint', buffered: true });
  });
  await other.goto(`${site.url}real/`);
  await other.waitForFunction(() => 'themeAtPaint' in globalThis);
  expect(
    await other.evaluate(() => (globalThis as unknown as { themeAtPaint: string }).themeAtPaint),
  ).toBe('dark');
});

test('the keyboard skips the header', async () => {
  const { page } = await site.open({ path: 'real/' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
});

test('the home page has its machine’s files at hand before anybody asks', async () => {
  const visit = await site.open({ path: '' });
  await visit.keeps(['manifest.json', 'node-snapshot', 'archive.json']);
  await expect.poll(() => site.requests.some((request) => request.endsWith('.wasm'))).toBe(true);
  const before = site.requests.length;
  await visit.page.getByRole('link', { name: 'Playground', exact: true }).click();
  await visit.page.waitForFunction(
    () => performance.getEntriesByName('sandglass:prompt').length > 0,
    undefined,
    { timeout: 60_000 },
  );
  expect(site.guestRequests(before)).not.toContain('node-snapshot');
});

test('an address without its last slash leads to the page', async () => {
  const { page } = await site.open({ path: 'real/' });
  await page.goto(`${site.url}credits`);
  expect(page.url()).toBe(`${site.url}credits/`);
});

test('every link of the pages leads to a page or file of the site', async () => {
  const context = await site.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const found = new Set<string>();
  for (const [path] of documents) {
    await page.goto(site.url + path);
    for (const href of await page
      .locator('a')
      .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href))) {
      if (href.startsWith(site.url)) found.add(href.replace(/#.*/, ''));
    }
  }
  expect(found.size).toBeGreaterThanOrEqual(7);
  for (const href of found) {
    const answer = await context.request.get(href);
    expect(answer.status(), href).toBe(200);
  }
});

test('the embedded playground is the terminal and a way out', async () => {
  const visit = await site.openShell({ query: '&embed' });
  const { page } = visit;
  expect(await page.getByRole('navigation').count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Open in Sandglass' }).getAttribute('href')).toBe(
    `${site.url}playground/?test`,
  );
  expect(await visit.run('uname')).toBe('Linux');
});
