import { expect, test } from 'vitest';
import { useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const basePath = '/some/where/';

const site = useSite(basePath);
let visit: Visit;

test('a whole visit below a path keeps to it and to the policy', async () => {
  visit = await site.openShell({ colorScheme: 'dark' });
  const { page } = visit;
  // Colours and wide characters, which terminals like to style inline.
  await visit.run("printf '\\033[38;2;250;200;100mtrue\\033[0m \\033[1;4;31m東京 🜚\\033[0m\\n'");
  await page.getByRole('button', { name: 'Switch to the light theme' }).click();
  await page.keyboard.press('Control+Shift+F');
  const find = page.getByRole('search', { name: 'Find in the terminal' });
  await find.getByRole('textbox').fill('東京');
  await find.getByText(/of 2$/).waitFor();
  await page.keyboard.press('Escape');
  for (const dialog of ['Machine facts', 'Keyboard', 'Download file…']) {
    await visit.choose(dialog);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  }
  await visit.choose('Serial console');
  await page.getByRole('tab', { name: 'Console', selected: true }).waitFor();
  await page.getByRole('tab', { name: 'node-1', exact: true }).click();
  // A file of the archive comes from the site when it is read.
  const before = site.requests.length;
  expect(await visit.run('find /archive -type f -size +0 | head -n 1 | xargs wc -c')).toMatch(
    /^\d/,
  );
  // The cluster, which begins with the first prompt, asks for its registry when it likes.
  const files = site.guestRequests(before).filter((request) => !request.startsWith('registry/'));
  expect(files).toEqual([expect.stringMatching(/^files\/[0-9a-f]{64}$/)]);
  expect(site.requests.filter((request) => !request.startsWith(basePath))).toEqual([]);
  visit.wentWell();
});

test('an address without a page shows the site’s own, which leads home from any folder', async () => {
  visit = await site.open({ path: 'lessons/no/such/lesson/' });
  const { page } = visit;
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  const home = page.getByRole('link', { name: 'To the home page' });
  await expect.poll(() => home.getAttribute('href')).toBe(site.url);
  expect(await home.evaluate((link) => getComputedStyle(link).textDecorationLine)).toBe('none');
  await page.getByRole('link', { name: 'All lessons' }).click();
  await page.getByRole('heading', { name: 'Contents' }).waitFor();
  // It looks for its files in every folder above, of which nobody says to it which is the site's.
  const above = visit.strangers.splice(0);
  expect(above.filter((url) => !/\/not-found\.(css|js)$/.test(url))).toEqual([]);
  visit.wentWell(/404|MIME type/);
});
