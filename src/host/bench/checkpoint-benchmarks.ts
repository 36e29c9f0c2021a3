import type { BrowserContext } from 'playwright';
import { SandglassError } from '#base/errors.ts';
import type { SiteServer } from '#site/server.ts';
import { type Benchmark, type Measurement, median } from './benchmark.ts';
import { withProfile, withServer } from './chromium-site.ts';
import { PageTerminal } from './page-terminal.ts';
import { idlePod } from './pods.ts';

const samplesOfRestore = 5;
/** Milliseconds for a saving or an opening. */
const patience = 120_000;

/** Rows about saved clusters, measured in headless Chromium. */
export function checkpointBenchmarks(): Benchmark[] {
  return [
    {
      name: 'checkpoint-restore',
      what: 'a saved cluster with a pod opened, until its node answers (Chromium)',
      unit: 'ms',
      target: 2000,
      better: 'lower',
      measure: () => withServer(restore),
    },
  ];
}

/** Each opening is in a page of its own, whose machine runs; the pod must not have been started again. */
function restore(server: SiteServer): Promise<Measurement> {
  return withProfile(async (context) => {
    const saved = await saveCluster(context, server);
    const samples: number[] = [];
    for (let i = 0; i < samplesOfRestore; i++) {
      const terminal = await PageTerminal.openCluster(context, server);
      samples.push(await openCluster(terminal, saved));
      await terminal.page.close();
    }
    return { value: median(samples), samples: samples.length };
  });
}

/** A cluster with one pod that runs; resolves with the file on this disk. */
async function saveCluster(context: BrowserContext, server: SiteServer): Promise<string> {
  const terminal = await PageTerminal.openCluster(context, server);
  const { page } = terminal;
  await terminal.run(`echo '${JSON.stringify(idlePod('pod-1'))}' > /tmp/pod.yaml`);
  await terminal.run('kubectl apply -f /tmp/pod.yaml');
  await terminal.run('kubectl wait --for=condition=Ready pod/pod-1 --timeout=170s');
  const coming = page.waitForEvent('download', { timeout: patience });
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'Save the cluster to a file…' }).click();
  const file = await (await coming).path();
  await page.getByText(/^Saved the cluster /).waitFor();
  await page.close();
  return file;
}

/** From the choice of the file until the page says that it is open, in the page's time. */
async function openCluster({ page }: PageTerminal, file: string): Promise<number> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.evaluate(watchForOpening);
  await page.getByLabel('A saved cluster', { exact: true }).setInputFiles(file);
  const { milliseconds, text } = await page.evaluate(
    () => (globalThis as unknown as { opened: Promise<Opening> }).opened,
  );
  if (!text.includes('with 1 pod.')) throw new SandglassError('internal', text);
  return milliseconds;
}

interface Opening {
  milliseconds: number;
  text: string;
}

/** In the page: settles `opened` when the list of transfers tells of an end. */
function watchForOpening(): void {
  let chosen = 0;
  addEventListener('change', () => (chosen = performance.now()), { capture: true, once: true });
  const opened = new Promise<Opening>((resolve) => {
    new MutationObserver((_, observer) => {
      const row = document.querySelector('.transfer:not([data-state=running])');
      if (!row) return;
      observer.disconnect();
      resolve({ milliseconds: performance.now() - chosen, text: row.textContent });
    }).observe(document.body, { childList: true, subtree: true, attributes: true });
  });
  Object.assign(globalThis, { opened });
}
