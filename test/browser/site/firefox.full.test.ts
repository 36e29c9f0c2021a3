import { type Browser, type Page, launch } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFirefox } from '../../firefox.ts';
import { siteDirectory } from './harness.ts';
import { type SiteServer, serveSite } from '#site/server.ts';

const path = 'lessons/the-cri/a-pod-call-by-call/';

/** Milliseconds: Firefox compiles the emulator's code in its own time. */
const limit = 240_000;

let browser: Browser;
let server: SiteServer;

beforeAll(async () => {
  server = await serveSite({ directory: siteDirectory, port: 0 });
  // WebDriver BiDi.
  browser = await launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    protocolTimeout: limit,
  });
});

afterAll(async () => {
  await browser.close();
  await server.close();
});

async function open(address: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(limit);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(server.url + address);
  return { page, complaints };
}

/** Waits until the active terminal's text matches. */
async function shows(page: Page, pattern: RegExp): Promise<void> {
  await page.waitForFunction(
    (source) =>
      window.sandglass
        ?.terminals()
        .some(({ active, text }) => active && new RegExp(source).test(text)),
    {},
    pattern.source,
  );
}

test(
  'the machine boots in Firefox, and its terminal works',
  async () => {
    const { page, complaints } = await open('playground/?test');
    await shows(page, /root@node-1:~# $/);
    await page.keyboard.type('echo $((6 * 7)) of $(uname -s)\n');
    await shows(page, /\n42 of Linux\n/);
    expect(complaints).toEqual([]);
    await page.close();
  },
  limit,
);

test(
  'a step of a lesson passes in Firefox',
  async () => {
    const { page, complaints } = await open(`${path}?test`);
    await page.waitForSelector(
      '::-p-aria([name="Reset this step"][role="button"]):not([disabled])',
    );
    const click = async (selector: string) => (await page.waitForSelector(selector))?.click();
    await click('button::-p-text(Break on …)');
    await click('#break-on ::-p-text(cri/RunPodSandbox)');
    await click('section.step:not([hidden]) ::-p-text(Apply)');
    await page.waitForFunction(
      () => document.querySelectorAll('section.step:not([hidden]) .checks li.passed').length === 2,
    );
    expect(complaints).toEqual([]);
    await page.close();
  },
  limit,
);
