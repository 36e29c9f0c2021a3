import { createRequire } from 'node:module';
import type { BrowserContext, Page } from 'playwright';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Puts axe-core into every page that a profile will open. */
export function bringAxe(context: BrowserContext): Promise<unknown> {
  return context.addInitScript({ path: axe });
}

/** What axe-core finds in a page, each with the first element that it is about. */
export function accessibilityViolations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: typeof import('axe-core') }).axe;
    const { violations } = await run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160) ?? ''}`);
  });
}
