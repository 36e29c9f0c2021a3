import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright';
import { chromiumArguments, findChromium } from '#host/chromium.ts';
import { type SiteServer, serveSite } from '#site/server.ts';
import { type Benchmark, type Measurement, median, percentile } from './benchmark.ts';

const directory = path.resolve(import.meta.dirname, '../../../dist');
/** Keystrokes whose echo is measured, after some to warm up. */
const keystrokes = { warmUp: 50, measured: 200 };
/** Milliseconds between keystrokes: a fast typist. */
const typingPause = 50;
const size = { width: 1280, height: 800 };

/** Rows measured in headless Chromium on the built site, served from this process. */
export function pageBenchmarks(): Benchmark[] {
  return [
    {
      name: 'prompt-warm',
      what: 'navigation to a prompt, warm cache (Chromium)',
      unit: 'ms',
      target: 1000,
      better: 'lower',
      measure: () => withServer(promptWarm),
    },
    {
      name: 'prompt-cold',
      what: 'navigation to a prompt, empty cache, local server (Chromium)',
      unit: 'ms',
      target: 1600,
      better: 'lower',
      measure: () => withServer(async (server) => (await promptCold(server)).time),
    },
    {
      name: 'prompt-bytes',
      what: 'bytes over the wire to the first prompt',
      unit: 'bytes',
      target: 9_000_000,
      better: 'lower',
      measure: () => withServer(async (server) => (await promptCold(server)).bytes),
    },
    {
      name: 'pty-echo',
      what: 'keystroke to echo in a terminal tab, p95 (Chromium)',
      unit: 'ms',
      target: 25,
      better: 'lower',
      measure: () => withServer(ptyEcho),
    },
  ];
}

async function withServer(
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
async function withProfile<T>(use: (context: BrowserContext) => Promise<T>): Promise<T> {
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
async function promptTime(page: Page, url: string): Promise<number> {
  await page.goto(url);
  const mark = await page.waitForFunction(
    () => performance.getEntriesByName('sandglass:prompt')[0]?.startTime,
    undefined,
    { timeout: 60_000 },
  );
  return (await mark.jsonValue()) ?? Number.NaN;
}

function promptWarm(server: SiteServer): Promise<Measurement> {
  return withProfile(async (context) => {
    const samples: number[] = [];
    for (let i = 0; i < 12; i++) {
      const page = await context.newPage();
      const time = await promptTime(page, server.url);
      await page.close();
      // The first fills the cache; the second lets Chromium compile and keep the code.
      if (i >= 2) samples.push(time);
    }
    return { value: median(samples), samples: samples.length };
  });
}

async function promptCold(server: SiteServer): Promise<{ time: Measurement; bytes: Measurement }> {
  const times: number[] = [];
  const bytes: number[] = [];
  for (let i = 0; i < 7; i++) {
    await withProfile(async (context) => {
      const [page = await context.newPage()] = context.pages();
      // The browser itself is up: what is measured is the page, not the start of a browser.
      await page.goto('about:blank');
      const before = server.bytesSent();
      times.push(await promptTime(page, server.url));
      bytes.push(server.bytesSent() - before);
    });
  }
  return {
    time: { value: median(times), samples: times.length },
    bytes: { value: median(bytes), samples: bytes.length },
  };
}

/** From a key's event in the page until the terminal's text, in the document, has changed. */
function ptyEcho(server: SiteServer): Promise<Measurement> {
  return withProfile(async (context) => {
    const page = await context.newPage();
    await promptTime(page, `${server.url}?test`);
    await page.evaluate(() => {
      const samples: number[] = [];
      Object.assign(globalThis, { echoSamples: samples });
      const rows = document.querySelector('.xterm-rows');
      if (!rows) throw new Error('The terminal is not drawn into the document.');
      let pressed = 0;
      document.addEventListener('keydown', () => (pressed = performance.now()), { capture: true });
      new MutationObserver(() => {
        if (pressed > 0) samples.push(performance.now() - pressed);
        pressed = 0;
      }).observe(rows, { childList: true, subtree: true, characterData: true });
    });
    for (let i = 0; i < keystrokes.warmUp + keystrokes.measured; i++) {
      // A line's worth, then Ctrl-U, so that no line wraps or is run.
      await page.keyboard.press(i % 40 === 39 ? 'Control+u' : 'abcdefghij'.charAt(i % 10));
      // Each echo is waited for, so that a slow one is never booked for the key after it.
      await page.waitForFunction(
        (count) => (globalThis as unknown as { echoSamples: number[] }).echoSamples.length > count,
        i,
      );
      await page.waitForTimeout(typingPause);
    }
    const samples = await page.evaluate(
      () => (globalThis as unknown as { echoSamples: number[] }).echoSamples,
    );
    const measured = samples.slice(keystrokes.warmUp);
    return { value: percentile(measured, 0.95), samples: measured.length };
  });
}
