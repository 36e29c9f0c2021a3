import path from 'node:path';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { chromiumArguments, findChromium } from '#host/chromium.ts';
import { type SiteServer, serveSite } from '#site/server.ts';
import type { NodeStatus } from '#rpc/contracts.ts';
import type { TerminalReport } from '#ui/test-handle.ts';
import { complaintsOf } from '../complaints.ts';

/** For the tests of a file: the pages, and after each test that the browser had nothing to complain of. */
export function useHarness(): Harness {
  const harness = new Harness();
  beforeAll(() => harness.start());
  afterEach(() => harness.endTest());
  afterAll(() => harness.close());
  return harness;
}

/** Pages over a fake node, built with the site's policy, in a Chromium. */
export class Harness {
  #browser!: Browser;
  #site!: SiteServer;
  readonly #opened: PageUnderTest[] = [];

  async start(): Promise<void> {
    await build({
      configFile: path.join(import.meta.dirname, 'vite.config.ts'),
      logLevel: 'error',
    });
    this.#site = await serveSite({
      directory: path.join(import.meta.dirname, '../../../test-results/page'),
      port: 0,
      intercept: (request, response) => {
        const icon = /\/favicon\.(ico|svg)$/.test(request.url ?? '');
        if (icon) response.writeHead(204).end();
        return icon;
      },
    });
    this.#browser = await chromium.launch({
      executablePath: findChromium(),
      args: chromiumArguments,
    });
  }

  async open(options: BrowserContextOptions = {}, query = ''): Promise<PageUnderTest> {
    const context = await this.#browser.newContext({
      viewport: { width: 1000, height: 700 },
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    const page = await context.newPage();
    const subject = new PageUnderTest(page);
    this.#opened.push(subject);
    await page.goto(`${this.#site.url}playground/?test${query}`);
    await page.waitForFunction(() => window.sandglass !== undefined);
    return subject;
  }

  /** Opens a page whose machine is in a state of the test's choice. */
  openWith(status: NodeStatus, options: BrowserContextOptions = {}): Promise<PageUnderTest> {
    return this.open(options, `&begin=${encodeURIComponent(JSON.stringify(status))}`);
  }

  /** Opens a page and waits for its first prompt. */
  async openShell(options: BrowserContextOptions = {}, query = ''): Promise<PageUnderTest> {
    const subject = await this.open(options, query);
    await subject.shows('root@node-1:~# ');
    return subject;
  }

  async endTest(): Promise<void> {
    const opened = this.#opened.splice(0);
    for (const { page } of opened) await page.context().close();
    expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#site.close();
  }
}

export class PageUnderTest {
  readonly page: Page;
  /** What the browser complained of: a policy that was broken, an error nobody caught. */
  readonly complaints: string[];

  constructor(page: Page) {
    this.page = page;
    this.complaints = complaintsOf(page);
  }

  terminals(): Promise<TerminalReport[]> {
    return this.page.evaluate(() => window.sandglass?.terminals() ?? []);
  }

  /** The active terminal. */
  async active(): Promise<TerminalReport | undefined> {
    return (await this.terminals()).find(({ active }) => active);
  }

  /** Waits until the active terminal shows a text. */
  async shows(text: string): Promise<void> {
    await this.page.waitForFunction(
      (text) =>
        window.sandglass?.terminals().some((report) => report.active && report.text.includes(text)),
      text,
    );
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async openMenu(): Promise<void> {
    await this.page.getByRole('button', { name: 'Menu' }).click();
  }

  /** Opens the menu and chooses an item of it. */
  async choose(name: string): Promise<void> {
    await this.openMenu();
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  /** What has the focus: the terminal, or a control's name; empty for nothing. */
  focus(): Promise<string> {
    return this.page.evaluate(() => {
      const { activeElement: element, body } = document;
      if (!element || element === body) return '';
      if (element.closest('.xterm')) return 'the terminal';
      return element.getAttribute('aria-label') ?? element.textContent.trim();
    });
  }

  /** What a shell was sent so far, by its number from 1. */
  received(shell: number): Promise<number[]> {
    return this.page.evaluate((shell) => [...window.node.shell(shell).received], shell);
  }
}
