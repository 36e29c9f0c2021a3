import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { SandglassError } from '#base/errors.ts';
import type { SiteServer } from '#site/server.ts';
import { type Benchmark, type Measurement, median } from './benchmark.ts';
import { directory, promptTime, withProfile, withServer } from './chromium-site.ts';

/** Cumulative Layout Shift that a lesson may have from its text to its prompt (web.dev/articles/cls). */
const greatestShift = 0.05;

/** Of v86's own code, which is a chunk of its own. */
const emulatorScript = /\/v86-[^/]*\.js$/;

/** Rows of a lesson's page, measured in headless Chromium on the built site. */
export function lessonBenchmarks(): Benchmark[] {
  return [
    {
      name: 'lesson-readable',
      what: 'navigation to a lesson’s text, empty cache; nothing moves when the machine comes (Chromium)',
      unit: 'ms',
      target: 500,
      better: 'lower',
      measure: () => withServer(lessonReadable),
    },
    {
      name: 'lesson-warm',
      what: 'navigation to a lesson’s prompt, warm cache (Chromium)',
      unit: 'ms',
      target: 1500,
      better: 'lower',
      measure: () => withServer(lessonWarm),
    },
    {
      name: 'lesson-cold',
      what: 'the same with an empty cache, local server',
      unit: 'ms',
      target: 3000,
      better: 'lower',
      measure: () => withServer(lessonCold),
    },
    {
      name: 'own-js',
      what: 'own JavaScript and CSS before a lesson’s first terminal, gzip, without v86',
      unit: 'kB',
      target: 350,
      better: 'lower',
      measure: () => withServer(ownJs),
    },
  ];
}

/** The address of the first lesson by its folder's name: all have the same page. */
async function lessonUrl({ url }: SiteServer): Promise<string> {
  const lessons = path.join(directory, 'lessons');
  for (const part of (await readdir(lessons)).sort()) {
    if (part.includes('.')) continue;
    const [lesson] = (await readdir(path.join(lessons, part))).sort();
    if (lesson !== undefined) return `${url}lessons/${part}/${lesson}/`;
  }
  throw new SandglassError('failed-precondition', 'The built site has no lesson.');
}

async function lessonReadable(server: SiteServer): Promise<Measurement> {
  const url = await lessonUrl(server);
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    await withProfile(async (context) => {
      const [page = await context.newPage()] = context.pages();
      await page.goto('about:blank');
      await page.addInitScript(watchShifts);
      await promptTime(page, url);
      const { painted, shift } = await page.evaluate(readShifts);
      if (shift >= greatestShift) {
        throw new SandglassError(
          'internal',
          `The page moved while its machine came: a layout shift of ${shift.toFixed(3)}.`,
        );
      }
      times.push(painted);
    });
  }
  return { value: median(times), samples: times.length };
}

/** In the page, before anything of it is there. */
function watchShifts(): void {
  const seen = { shift: 0 };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { value, hadRecentInput } = entry as PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      };
      if (!hadRecentInput) seen.shift += value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

function readShifts(): { painted: number; shift: number } {
  const { seen } = globalThis as unknown as { seen: { shift: number } };
  const [paint] = performance.getEntriesByName('first-contentful-paint');
  return { painted: paint?.startTime ?? Number.NaN, shift: seen.shift };
}

function lessonWarm(server: SiteServer): Promise<Measurement> {
  return withProfile(async (context) => {
    const url = await lessonUrl(server);
    const samples: number[] = [];
    for (let i = 0; i < 12; i++) {
      const page = await context.newPage();
      const time = await promptTime(page, url);
      await page.close();
      // The first fills the cache; the second lets Chromium compile and keep the code.
      if (i >= 2) samples.push(time);
    }
    return { value: median(samples), samples: samples.length };
  });
}

async function lessonCold(server: SiteServer): Promise<Measurement> {
  const url = await lessonUrl(server);
  const samples: number[] = [];
  for (let i = 0; i < 7; i++) {
    await withProfile(async (context) => {
      const [page = await context.newPage()] = context.pages();
      // The browser itself is up: what is measured is the page, not the start of a browser.
      await page.goto('about:blank');
      samples.push(await promptTime(page, url));
    });
  }
  return { value: median(samples), samples: samples.length };
}

async function ownJs(server: SiteServer): Promise<Measurement> {
  const url = await lessonUrl(server);
  return withProfile(async (context) => {
    const page = await context.newPage();
    const asked = new Map<string, number>();
    page.on('request', (request) => {
      asked.set(new URL(request.url()).pathname, Date.now());
    });
    const prompt = await promptTime(page, url);
    const begin = await page.evaluate(() => performance.timeOrigin);
    let bytes = 0;
    for (const [file, time] of asked) {
      if (time > begin + prompt || !/\.(js|css)$/.test(file) || emulatorScript.test(file)) continue;
      bytes += gzipSync(await readFile(path.join(directory, file)), { level: 9 }).length;
    }
    return { value: Math.round(bytes / 1000), samples: 1 };
  });
}
