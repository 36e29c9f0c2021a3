import type { BrowserContext, Page } from 'playwright';
import { SandglassError } from '#base/errors.ts';
import type { SiteServer } from '#site/server.ts';
import { promptTime } from './chromium-site.ts';

/** Milliseconds for one command line of a benchmark, and for a cluster to be ready. */
const commandTimeout = 180_000;

/** A page with its first shell, in which command lines are typed. */
export class PageTerminal {
  readonly page: Page;
  #commands = 0;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(context: BrowserContext, { url }: SiteServer): Promise<PageTerminal> {
    const page = await context.newPage();
    page.setDefaultTimeout(commandTimeout);
    // Terminals of a page that is tested are drawn into the document, where they can be read.
    await promptTime(page, `${url}playground/?test`);
    return new PageTerminal(page);
  }

  /** The same with its cluster's node Ready. */
  static async openCluster(context: BrowserContext, server: SiteServer): Promise<PageTerminal> {
    const terminal = await PageTerminal.open(context, server);
    await terminal.run(
      'until kubectl get node node-1 2>/dev/null | grep -qw Ready; do sleep 0.2; done',
    );
    return terminal;
  }

  /**
   * Milliseconds from the Enter key's event until the terminal's text, in the document, shows that the line has
   * ended. Throws unless it ended with 0.
   */
  async run(command: string): Promise<number> {
    const id = ++this.#commands;
    // What is typed has no `<1:` in it; what printf prints has.
    await this.page.keyboard.type(`${command}; printf '<%d:%d>\\n' ${id} $?`);
    await this.page.evaluate(watchForEnd, `<${id}:`);
    await this.page.keyboard.press('Enter');
    const { milliseconds, screen } = await this.page.evaluate(
      () => (globalThis as unknown as { commandEnd: Promise<CommandEnd> }).commandEnd,
    );
    if (!screen.includes(`<${id}:0>`)) {
      throw new SandglassError('internal', `"${command}" did not end with 0: ${screen}`);
    }
    return milliseconds;
  }
}

interface CommandEnd {
  milliseconds: number;
  /** The terminal's text as it was then. */
  screen: string;
}

/** In the page: settles `commandEnd` when the terminal shows the mark. */
function watchForEnd(mark: string): void {
  const rows = document.querySelector('.xterm-rows');
  if (!rows) throw new Error('The terminal is not drawn into the document.');
  let pressed = 0;
  addEventListener('keydown', () => (pressed = performance.now()), { capture: true, once: true });
  const commandEnd = new Promise<CommandEnd>((resolve) => {
    new MutationObserver((_, observer) => {
      const now = performance.now();
      const lines = [...rows.children].map(({ textContent }) => textContent.trimEnd());
      if (!lines.some((line) => line.startsWith(mark))) return;
      observer.disconnect();
      resolve({ milliseconds: now - pressed, screen: lines.join('\n') });
    }).observe(rows, { childList: true, subtree: true, characterData: true });
  });
  Object.assign(globalThis, { commandEnd });
}
