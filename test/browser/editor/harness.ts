import path from 'node:path';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright';
import { build } from 'vite';
import { chromiumArguments, findChromium } from '#host/chromium.ts';
import { type SiteServer, serveSite } from '#site/server.ts';
import { complaintsOf } from '../complaints.ts';

declare global {
  interface Window {
    editor: {
      /** What the editor has told of, the latest last. */
      changes: string[];
      applied: string[];
      setValue: (value: string) => void;
    };
  }
}

/** The manifest editor alone in a page with the site's policy, in a Chromium. */
export class EditorHarness {
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** Paths that match it cannot be had. */
  lost: RegExp | undefined;
  #browser!: Browser;
  #site!: SiteServer;

  static async start(): Promise<EditorHarness> {
    await build({
      configFile: path.join(import.meta.dirname, 'vite.config.ts'),
      logLevel: 'error',
    });
    const harness = new EditorHarness();
    harness.#site = await serveSite({
      directory: path.join(import.meta.dirname, '../../../test-results/editor'),
      port: 0,
      intercept: (request, response) => {
        const url = request.url ?? '/';
        harness.requests.push(url);
        const isLost = url.endsWith('/favicon.ico') || (harness.lost?.test(url) ?? false);
        if (isLost) response.writeHead(url.endsWith('.ico') ? 204 : 404).end();
        return isLost;
      },
    });
    harness.#browser = await chromium.launch({
      executablePath: findChromium(),
      args: chromiumArguments,
    });
    return harness;
  }

  /** Opens a page whose editor has that text; it is not waited for. */
  async open(value: string, options: BrowserContextOptions = {}): Promise<EditorPage> {
    const context = await this.#browser.newContext({
      viewport: { width: 720, height: 620 },
      ...options,
    });
    const page = await context.newPage();
    const subject = new EditorPage(page);
    await page.goto(`${this.#site.url}?value=${encodeURIComponent(value)}`);
    await page.waitForFunction(() => 'editor' in window);
    return subject;
  }

  /** Opens a page and waits for its editor, which then has the focus at the text's end. */
  async edit(value: string, options: BrowserContextOptions = {}): Promise<EditorPage> {
    const subject = await this.open(value, options);
    await subject.content.click();
    await subject.page.keyboard.press('Control+End');
    return subject;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#site.close();
  }
}

export class EditorPage {
  readonly page: Page;
  /** What the browser complained of: a policy that was broken, an error nobody caught. */
  readonly complaints: string[];

  constructor(page: Page) {
    this.page = page;
    this.complaints = complaintsOf(page);
  }

  /** What is typed into; Playwright looks into open shadow roots. */
  get content() {
    return this.page.getByRole('textbox', { name: 'Manifest /root/pod.yaml' });
  }

  get options() {
    return this.page.getByRole('option');
  }

  /** The text as the page was told of it last. */
  text(): Promise<string | undefined> {
    return this.page.evaluate(() => window.editor.changes.at(-1));
  }

  /** What has the focus, by its name or text. */
  focus(): Promise<string> {
    return this.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      const name = element?.getAttribute('aria-label') ?? element?.closest('label')?.innerText;
      return (name ?? element?.textContent ?? '').replace(/\s*Ctrl\+M$/, '').trim();
    });
  }

  applied(): Promise<string[]> {
    return this.page.evaluate(() => window.editor.applied);
  }
}
