import type { Page } from 'playwright';
import type { SiteServer } from '#site/server.ts';
import { type Benchmark, type Measurement, median, percentile } from './benchmark.ts';
import { promptTime, withProfile, withServer } from './chromium-site.ts';

/** Keystrokes whose echo is measured, after some to warm up. */
const keystrokes = { warmUp: 50, measured: 200, whileStarting: 60 };
/** Visits in which the echo is measured while the cluster starts. */
const startVisits = 5;
/** Milliseconds between keystrokes: a fast typist. */
const typingPause = 50;

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
    {
      name: 'pty-echo-start',
      what: 'the same from the first prompt on, while the cluster starts, p95 (Chromium)',
      unit: 'ms',
      target: 25,
      better: 'lower',
      measure: () => withServer(ptyEchoAtStart),
    },
  ];
}

function promptWarm(server: SiteServer): Promise<Measurement> {
  return withProfile(async (context) => {
    const samples: number[] = [];
    for (let i = 0; i < 12; i++) {
      const page = await context.newPage();
      const time = await promptTime(page, `${server.url}playground/`);
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
      times.push(await promptTime(page, `${server.url}playground/`));
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
    await promptTime(page, `${server.url}playground/?test`);
    const samples = await echoTimes(page, keystrokes.warmUp + keystrokes.measured);
    const measured = samples.slice(keystrokes.warmUp);
    return { value: percentile(measured, 0.95), samples: measured.length };
  });
}

/** The same from the first prompt on, while the cluster starts. */
async function ptyEchoAtStart(server: SiteServer): Promise<Measurement> {
  const samples: number[] = [];
  for (let visit = 0; visit < startVisits; visit++) {
    await withProfile(async (context) => {
      const page = await context.newPage();
      await promptTime(page, `${server.url}playground/?test`);
      samples.push(...(await echoTimes(page, keystrokes.whileStarting)));
    });
  }
  return { value: percentile(samples, 0.95), samples: samples.length };
}

/** Milliseconds from a key's event until the terminal's row in the document has changed, of so many keys. */
export async function echoTimes(page: Page, count: number): Promise<number[]> {
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
  for (let i = 0; i < count; i++) {
    // A line's worth, then Ctrl-U, so that no line wraps or is run.
    await page.keyboard.press(i % 40 === 39 ? 'Control+u' : 'abcdefghij'.charAt(i % 10));
    // Each echo is waited for, so that a slow one is never booked for the key after it.
    await page.waitForFunction(
      (count) => (globalThis as unknown as { echoSamples: number[] }).echoSamples.length > count,
      i,
    );
    await page.waitForTimeout(typingPause);
  }
  return page.evaluate(() => (globalThis as unknown as { echoSamples: number[] }).echoSamples);
}
