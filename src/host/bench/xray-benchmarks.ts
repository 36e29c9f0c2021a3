import type { Page } from 'playwright';
import { SandglassError } from '#base/errors.ts';
import type { SiteServer } from '#site/server.ts';
import { type Benchmark, type Measurement, median, percentile } from './benchmark.ts';
import { withProfile, withServer } from './chromium-site.ts';
import { echoTimes } from './page-benchmarks.ts';
import { PageTerminal } from './page-terminal.ts';

/** Of the trace that is fed, and how long it is. */
const eventsPerSecond = 500;
const seconds = 20;
/** The first are for the browser to compile what it runs. */
const warmUp = 3;
/** Keys typed meanwhile. */
const keystrokes = 120;

/** The X-ray's time line while 500 events a second happen, beside a machine with a cluster and a terminal typed in. */
export function xrayBenchmarks(): Benchmark[] {
  return [
    {
      name: 'xray-frames',
      what: 'frames of the time line at 500 events a second, none dropped (Chromium)',
      unit: 'frames/s',
      target: 60,
      better: 'higher',
      measure: async () => (await measured()).frames,
    },
    {
      name: 'xray-echo',
      what: 'keystroke to echo in the terminal beside it, p95 (Chromium)',
      unit: 'ms',
      target: 50,
      better: 'lower',
      measure: async () => (await measured()).echo,
    },
  ];
}

interface XrayMeasurement {
  frames: Measurement;
  echo: Measurement;
}

let result: Promise<XrayMeasurement> | undefined;

/** Both rows are of one run. */
function measured(): Promise<XrayMeasurement> {
  result ??= (async () => {
    let both: XrayMeasurement | undefined;
    await withServer(async (server) => {
      both = await measure(server);
      return both.frames;
    });
    if (!both) throw new SandglassError('internal', 'Nothing was measured.');
    return both;
  })();
  return result;
}

function measure(server: SiteServer): Promise<XrayMeasurement> {
  return withProfile(async (context) => {
    const { page } = await PageTerminal.openCluster(context, server);
    await page.getByRole('button', { name: 'X-ray', exact: true }).click();
    await page.getByRole('tab', { name: 'Time line' }).click();
    await page.locator('.xterm-screen:visible').click();
    // tsx keeps the names of functions by a helper of its own, which is not in the page.
    await page.evaluate('globalThis.__name = (named) => named');
    await page.evaluate(feedTrace, { eventsPerSecond, seconds });
    const samples = await echoTimes(page, keystrokes);
    const { frames, told } = await page.evaluate(
      () => (globalThis as unknown as { xrayFed: Promise<Fed> }).xrayFed,
    );
    await requireAll(page, told);
    const counted = frames.slice(warmUp);
    return {
      frames: { value: median(counted), samples: counted.length },
      echo: { value: percentile(samples, 0.95), samples: samples.length },
    };
  });
}

async function requireAll(page: Page, told: number): Promise<void> {
  const { records = 0, lost = 0 } = (await page.evaluate(() => window.sandglass?.trace())) ?? {};
  if (records === told && lost === 0) return;
  throw new SandglassError(
    'data-loss',
    `Of ${told} records the page has ${records}, ${lost} lost.`,
  );
}

interface Fed {
  /** Frames that the figure drew, by second. */
  frames: readonly number[];
  told: number;
}

/** In the page: tells a trace as a worker would, in a message each 50 ms, and counts the frames that are drawn. */
function feedTrace({
  eventsPerSecond,
  seconds,
}: {
  eventsPerSecond: number;
  seconds: number;
}): void {
  const tell = window.sandglass?.replayTrace();
  if (!tell) throw new Error('The page was not opened for a test.');
  const interval = 50;
  const frames: number[] = [];
  const began = performance.now();
  const clearRect = Reflect.get<CanvasRenderingContext2D, 'clearRect'>(
    CanvasRenderingContext2D.prototype,
    'clearRect',
  );
  // The figure clears its canvas once a frame.
  CanvasRenderingContext2D.prototype.clearRect = function (...area) {
    const second = Math.floor((performance.now() - began) / 1000);
    frames[second] = (frames[second] ?? 0) + 1;
    clearRect.apply(this, area);
  };
  let id = 0;
  let event = 0;
  /** Of one event: a call has two records, of its beginning and its end. */
  const recordsOf = (index: number): object[] => {
    const pod = { namespace: 'default', name: `pod-${index % 20}`, uid: `uid-${index % 20}` };
    const time = Date.UTC(2026, 2, 1) + index * (1000 / eventsPerSecond);
    const about = { time, pod };
    const service = 'runtime.v1.RuntimeService';
    switch (index % 5) {
      case 0: {
        const call = { id: ++id, ...about, kind: 'cri-call', service, method: 'CreateContainer' };
        const end = { ...call, id: ++id, kind: 'cri-return', parent: id - 1, milliseconds: 1 };
        return [
          { ...call, request: { podSandboxId: pod.uid } },
          { ...end, response: {} },
        ];
      }
      case 1:
        return [{ id: ++id, ...about, kind: 'process', event: 'fork', pid: index, parentPid: 1 }];
      case 2:
        return [
          {
            id: ++id,
            ...about,
            kind: 'oci',
            argv: ['crun', 'start'],
            exitCode: 0,
            milliseconds: 4,
          },
        ];
      case 3:
        return [
          {
            id: ++id,
            ...about,
            kind: 'sync-loop',
            source: 'pleg',
            operation: 'ContainerStarted',
            pods: [pod],
          },
        ];
      default:
        return [
          {
            ...{ id: ++id, ...about, kind: 'api-write', verb: 'patch', resource: 'pods' },
            ...{ name: pod.name, subresource: 'status', status: 200, userAgent: 'kubelet' },
          },
        ];
    }
  };
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = ({ data }: MessageEvent<{ records: never[] }>) => {
    tell({ cluster: 1, records: data.records, lost: 0 });
  };
  const fed = new Promise<Fed>((resolve) => {
    const timer = setInterval(() => {
      const wanted = Math.min(seconds * 1000, performance.now() - began) * (eventsPerSecond / 1000);
      const records: object[] = [];
      while (event < Math.floor(wanted)) records.push(...recordsOf(event++));
      port1.postMessage({ records });
      if (event < seconds * eventsPerSecond) return;
      clearInterval(timer);
      // What was told last is drawn by then.
      setTimeout(() => resolve({ frames: frames.slice(0, seconds), told: id }), 500);
    }, interval);
  });
  Object.assign(globalThis, { xrayFed: fed });
}
