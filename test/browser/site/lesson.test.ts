import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();

const path = 'lessons/the-cri/a-pod-call-by-call/';
const firstStep = 'Before any container, a sandbox';
const secondStep = 'One call, one process';

/** The machine of a lesson, its cluster, and its files on it. */
const beginLimit = { timeout: 120_000 };

async function ready({ page }: Visit): Promise<void> {
  await page
    .getByRole('button', { name: 'Reset this step' })
    .and(page.locator(':enabled'))
    .waitFor(beginLimit);
}

const heading = (page: Page) =>
  page.getByRole('heading', { level: 1 }).and(page.locator(':visible'));

test('a lesson reads without JavaScript: all its steps', async () => {
  const context = await site.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(site.url + path);
  expect(await page.getByRole('heading', { level: 1 }).count()).toBeGreaterThan(3);
  for (const step of await page.locator('section.step').all())
    expect(await step.isVisible()).toBe(true);
  await page.getByText('kind: Pod').first().waitFor();
  expect(await page.locator('meta[property="og:description"]').getAttribute('content')).toMatch(
    /\w/,
  );
});

test('a step is done by keyboard, its checks fill by themselves, and a reload returns to the step', async () => {
  const visit = await site.open({ path });
  const { page } = visit;
  expect(await heading(page).textContent()).toBe(firstStep);
  await ready(visit);
  const checks = page
    .getByRole('list', { name: 'To do in this step' })
    .and(page.locator(':visible'));
  await checks.getByText('There is no pod called foo.').waitFor();

  // A question: what is chosen is explained.
  const right = page.getByRole('radio', { name: 'the containers and their images' });
  await right.focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Check the answer' }).focus();
  await page.keyboard.press('Enter');
  await page
    .getByText('A sandbox is what the containers will share')
    .and(page.locator(':visible'))
    .waitFor();

  await page.getByRole('button', { name: 'Break on …' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('cri/RunPodSandbox', { exact: true }).focus();
  await page.keyboard.press('Space');
  await page
    .getByRole('button', { name: /^Apply/ })
    .and(page.locator(':visible'))
    .focus();
  await page.keyboard.press('Enter');
  const items = checks.getByRole('listitem');
  await expect
    .poll(
      () =>
        items.evaluateAll((all) => all.filter((item) => item.textContent.includes('done:')).length),
      beginLimit,
    )
    .toBe(2);

  const next = page.getByRole('link', { name: 'Next step' }).and(page.locator(':visible'));
  await next.focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => heading(page).textContent()).toBe(secondStep);
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  const list = page.getByRole('list', { name: 'Steps' });
  await list.getByRole('link', { name: `Step 1: ${firstStep}, done` }).waitFor();

  await page.reload();
  await expect.poll(() => heading(page).textContent()).toBe(secondStep);
  await list.getByRole('link', { name: `Step 1: ${firstStep}, done` }).waitFor();
  await page.getByText('This machine has just begun').waitFor(beginLimit);

  // In contents, too.
  await page.goto(`${site.url}lessons/`);
  await page.getByText('1 of 5 steps').waitFor();
  visit.wentWell();
}, 400_000);

test('a lesson in two tabs has two machines and one progress', async () => {
  const context = await site.newContext();
  const one = await site.open({ context, path });
  const other = await site.open({ context, path, query: '#one-step' });
  await expect.poll(() => heading(other.page).textContent()).toBe(secondStep);
  await ready(one);
  await ready(other);
  await one.clickIntoTerminal();
  await one.run('touch /root/mine');
  await other.clickIntoTerminal();
  expect(await other.run('ls /root/mine')).toContain('No such file');
  expect(await heading(one.page).textContent()).toBe(firstStep);
  const step = one.page.locator('section.step:visible');
  for (const name of ['Give me a hint', 'A stronger hint', 'Do it for me']) {
    await step.getByRole('button', { name }).click();
  }
  await step.getByText('All done in this step.').waitFor({ ...beginLimit, state: 'attached' });
  await other.page.getByRole('link', { name: `Step 1: ${firstStep}, done` }).waitFor();
}, 400_000);

test('text, figure and terminal are three swipes on a phone', async () => {
  const visit = await site.open({
    path,
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  const { page } = visit;
  await visit.prompts();
  const left = (selector: string) =>
    page.locator(selector).evaluate((element) => Math.round(element.getBoundingClientRect().left));
  expect(await left('#panel-text')).toBe(0);
  const panels = page.getByRole('navigation', { name: 'Panels' });
  await panels.getByRole('button', { name: 'Terminal' }).tap();
  await expect.poll(() => left('#panel-terminal')).toBe(0);
  await page.getByRole('toolbar', { name: 'Keys' }).getByRole('button', { name: 'Tab' }).waitFor();
  await panels.getByRole('button', { name: 'Figure' }).tap();
  await expect.poll(() => left('#panel-figure')).toBe(0);
  // A swipe says where it has come to as well.
  await page.locator('#main').evaluate((element) => {
    element.scrollTo({ left: 0, behavior: 'instant' });
  });
  await panels.locator('[aria-current=true]').getByText('Text').waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
});

test('what cannot be fetched is said in a sentence with one button, and the text stays', async () => {
  site.intercept = (request, response) => {
    if (!/\/machine-parts-[^/]*\.js$/.test(request.url ?? '')) return false;
    response.writeHead(503).end();
    return true;
  };
  const visit = await site.open({ path });
  const { page } = visit;
  await page.getByRole('alert').getByText('A part of this page could not be fetched').waitFor();
  expect(await heading(page).textContent()).toBe(firstStep);
  site.intercept = undefined;
  await page.getByRole('button', { name: 'Reload' }).click();
  await visit.prompts();
  visit.wentWell(/^Failed to load resource/, /dynamically imported module/);
});

test('a step opens the figure that it asks for, and the reader may choose another', async () => {
  const visit = await site.open({ path, query: '#kill-pause' });
  const { page } = visit;
  const selected = (name: string) => page.getByRole('tab', { name, exact: true, selected: true });
  await selected('Pod’s life').waitFor();
  await page.getByRole('tab', { name: 'Events' }).click();
  await selected('Events').waitFor();
  expect(await page.getByRole('button', { name: /^A second figure/ }).count()).toBe(0);
  await page.evaluate(() => (location.hash = '#before-any-container'));
  await selected('Time line').waitFor();
});

test('the sides can be moved by keyboard and are kept; the terminal can fill its side', async () => {
  const visit = await site.open({ path, viewport: { width: 1300, height: 800 } });
  const { page } = visit;
  await visit.prompts();
  const width = () =>
    page
      .locator('#panel-text')
      .evaluate((element) => Math.round(element.getBoundingClientRect().width));
  const before = await width();
  await page.getByRole('separator', { name: 'Width of the text' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect.poll(width).toBe(before + 52);
  await page.getByRole('button', { name: 'Let the terminal fill the side' }).click();
  await expect
    .poll(() => page.locator('#panel-figure').evaluate((element) => element.clientHeight))
    .toBe(0);
  await page.reload();
  await visit.prompts();
  expect(await width()).toBe(before + 52);
});

test('an embedded lesson has a bar in place of the header, and a way out', async () => {
  const visit = await site.open({ path, query: '&embed' });
  await visit.prompts();
  const { page } = visit;
  expect(await page.getByRole('link', { name: 'Contents' }).count()).toBe(0);
  expect(await page.getByRole('link', { name: 'Open in Sandglass' }).getAttribute('href')).toBe(
    `${site.url}${path}?test`,
  );
  await page.getByRole('link', { name: secondStep }).first().click();
  const way = page.getByRole('link', { name: 'Open in Sandglass' });
  await expect
    .poll(() => way.getAttribute('href'))
    .toBe(`${site.url}${path}?test${new URL(page.url()).hash}`);
  expect(page.url()).toContain('#');
});

test('a shell that its reader has left begins again for the next command, and a restart at the first step', async () => {
  const visit = await site.open({
    path: 'lessons/a-node-you-can-open/namespaces-and-cgroups-by-hand/',
    query: '#process-one',
  });
  const { page } = visit;
  const step = page.locator('section.step:visible');
  await step.getByRole('button', { name: 'Stay with it' }).click(beginLimit);
  await ready(visit);
  await visit.clickIntoTerminal();
  await visit.enter('exit');
  await visit.shows(/exited with code 0/);
  const command = step.locator('.command').first();
  await command.getByRole('button', { name: /^Run / }).click();
  await visit.shows(/unshare --uts --pid --fork bash\s+root@node-1:~# ?$/);
  await step.getByRole('button', { name: 'Restart the lesson' }).click();
  await expect.poll(() => heading(page).textContent()).toBe('A name of its own');
  await ready(visit);
  expect(await step.getByRole('button', { name: 'Bring it to this step' }).count()).toBe(0);
  // It is the step of the address, too: a link to it would lead nowhere else.
  expect(new URL(page.url()).hash).toBe('#a-name-of-its-own');
});

test('what the machine says is text, in checks and in answers, whatever it holds', async () => {
  const hostile = '<img src=x onerror=document.title=1>';
  const visit = await site.open({
    path: 'lessons/a-node-you-can-open/namespaces-and-cgroups-by-hand/',
  });
  const { page } = visit;
  await ready(visit);
  await visit.clickIntoTerminal();
  await visit.run(`hostname '${hostile}'; unshare --uts sleep 600 & true`);
  const checks = page.getByRole('list', { name: 'To do in this step' });
  await checks.getByText(`still called ${hostile}.`).waitFor(beginLimit);
  await page
    .getByRole('radio', { name: 'node-1', exact: false })
    .and(page.locator(':visible'))
    .check();
  await page.getByRole('button', { name: 'Let the machine answer' }).click();
  await page.locator('pre').getByText(hostile).waitFor();
  expect(await page.locator('img[src=x]').count()).toBe(0);
  expect(await page.title()).toMatch(/namespaces/i);
});
