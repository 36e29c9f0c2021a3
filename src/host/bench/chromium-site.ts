import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright';
import { chromiumArguments, findChromium } from '#host/chromium.ts';
import { type SiteServer, serveSite } from '#site/server.ts';
import type { Measurement } from './benchmark.ts';

export const directory = path.resolve(import.meta.dirname, '../../../dist');
const size = { width: 1280, height: 800 };

/** The built site, served from this process for as long as something is measured. */
export async function withServer(
  measure: (server: SiteServer) => Promise<Measurement>,
): Promise<Measurement> {
  const server = await serveSite({ directory, port: 0 });
  try {
    return await measure(server);
  } finally {
    await server.close();
  }
}

/** A browser with an empty profile, and so an empty cache, that is gone afterwards. */
export async function withProfile<T>(use: (context: BrowserContext) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(path.join(tmpdir(), 'sandglass-bench-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    args: chromiumArguments,
    viewport: size,
  });
  try {
    return await use(context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** Milliseconds from navigation to the frame that shows the first prompt, by the page's own mark. */
export async function promptTime(page: Page, url: string): Promise<number> {
  await page.goto(url);
  const mark = await page.waitForFunction(
    () => performance.getEntriesByName('sandglass:prompt')[0]?.startTime,
    undefined,
    { timeout: 60_000 },
  );
  return (await mark.jsonValue()) ?? Number.NaN;
}
