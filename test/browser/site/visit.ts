import type { BrowserContext, Page } from 'playwright';
import { expect } from 'vitest';
import type { NodeStatus } from '#rpc/contracts.ts';
import type { TerminalReport } from '#ui/test-handle.ts';
import { complaintsOf } from '../complaints.ts';

/** A start on a slow and shared processor, from power-on or not. */
const startTimeout = 60_000;

/** One page of the site with a machine of its own. */
export class Visit {
  readonly page: Page;
  /** Errors on the console, of the page and its workers; nobody caught or nobody expected them. */
  readonly complaints: string[];
  /** Addresses asked for beyond the site. */
  readonly strangers: string[] = [];
  #commands = 0;
  #judged = false;

  private constructor(page: Page) {
    this.page = page;
    this.complaints = complaintsOf(page);
  }

  /** Watches a page that has not gone anywhere yet. */
  static async begin(page: Page, siteUrl: string): Promise<Visit> {
    const visit = new Visit(page);
    page.on('request', (request) => {
      const url = request.url();
      const local = url.startsWith('blob:') || url.startsWith('data:');
      if (!local && !url.startsWith(siteUrl)) visit.strangers.push(url);
    });
    // A worker's violations come to the server as reports (harness.ts).
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        console.error(`Policy broken: ${event.violatedDirective} by ${event.blockedURI}`);
      });
    });
    return visit;
  }

  get context(): BrowserContext {
    return this.page.context();
  }

  /** Whether a test has said how it went. */
  get judged(): boolean {
    return this.#judged;
  }

  /** Fails on what the browser complained of, other than what the test provoked, and on third parties. */
  wentWell(...provoked: RegExp[]): void {
    this.#judged = true;
    const unexpected = this.complaints.filter(
      (complaint) => !provoked.some((pattern) => pattern.test(complaint)),
    );
    expect({ unexpected, strangers: this.strangers }).toEqual({ unexpected: [], strangers: [] });
  }

  status(): Promise<NodeStatus | undefined> {
    return this.page.evaluate(() => window.sandglass?.status());
  }

  async reaches(kind: NodeStatus['kind']): Promise<void> {
    await this.page.waitForFunction((kind) => window.sandglass?.status().kind === kind, kind, {
      timeout: startTimeout,
    });
  }

  terminals(): Promise<TerminalReport[]> {
    return this.page.evaluate(() => window.sandglass?.terminals() ?? []);
  }

  /** The active terminal. */
  async active(): Promise<TerminalReport> {
    const active = (await this.terminals()).find(({ active }) => active);
    if (!active) throw new Error('No terminal is active.');
    return active;
  }

  /** Waits until the active terminal's text matches, and returns the match. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    await this.page.waitForFunction(
      ({ source, flags }) =>
        window.sandglass
          ?.terminals()
          .some(({ active, text }) => active && new RegExp(source, flags).test(text)),
      { source: pattern.source, flags: pattern.flags },
      { timeout: startTimeout },
    );
    const match = pattern.exec((await this.active()).text);
    // A screen that was cleared since; nothing here does that.
    if (!match) throw new Error(`${String(pattern)} has gone from the terminal.`);
    return match;
  }

  /** Waits until the last line is an empty prompt. */
  async prompts(): Promise<void> {
    await this.shows(/root@node-1:\S*# ?$/);
  }

  /** Gives the terminal the keys, after a button has had them. */
  clickIntoTerminal(): Promise<void> {
    return this.page.locator('.xterm-screen:visible').click();
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Gives lines whole, as an input method does: key by key, a long one takes seconds. */
  async enter(...lines: string[]): Promise<void> {
    for (const line of lines) {
      await this.page.keyboard.insertText(line);
      await this.page.keyboard.press('Enter');
    }
  }

  /** Runs a command line in the active shell and returns what it wrote, without the final newline. */
  async run(command: string): Promise<string> {
    const mark = `end${++this.#commands}`;
    await this.enter(`${command}; echo "<${mark}:$?>"`);
    // Only the shell's own output has a number in the place of `$?`. Of the command's echoes the last
    // counts: what is typed before the prompt is there the terminal echoes first, then the shell again.
    const [, output = ''] = await this.shows(
      new RegExp(`^.*<${mark}:\\$\\?>"\\n(.*?)<${mark}:\\d+>`, 's'),
    );
    return output.replace(/\n$/, '');
  }

  /** Waits until the guest's files of these names are in the browser's cache, where they go after their use. */
  async keeps(files: readonly string[]): Promise<void> {
    await expect
      .poll(() => this.keptFiles(), { timeout: startTimeout })
      .toEqual(expect.arrayContaining([...files]));
  }

  /** The guest's files in the browser's cache. */
  keptFiles(): Promise<string[]> {
    return this.page.evaluate(async () => {
      const cache = await caches.open('sandglass-guest');
      return (await cache.keys()).map(({ url }) => /\/guest\/([^?]+)/.exec(url)?.[1] ?? url);
    });
  }

  /** Waits until the kubelet has reported the node Ready, by the means a reader has. */
  async nodeIsReady(): Promise<void> {
    const wait = 'kubectl wait --for=condition=Ready node/node-1 --timeout=60s';
    // Until the kubelet has registered it there is no such node to wait for.
    expect(await this.run(`until ${wait} 2>/dev/null; do sleep 0.2; done`)).toBe(
      'node/node-1 condition met',
    );
  }

  hide(): Promise<void> {
    return this.#setHidden(true);
  }

  show(): Promise<void> {
    return this.#setHidden(false);
  }

  /** Headless Chromium shows every page for ever. */
  #setHidden(hidden: boolean): Promise<void> {
    return this.page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  }

  openMenu(): Promise<void> {
    return this.page.getByRole('button', { name: 'Menu' }).click();
  }

  /** Opens the menu and chooses an item of it. */
  async choose(name: string): Promise<void> {
    await this.openMenu();
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** The sentence that stands over the terminal while there is none to type in. */
  get stage() {
    return this.page.getByRole('region', { name: 'The machine’s state' });
  }
}
