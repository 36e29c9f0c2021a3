/** take-pictures.ts: takes the pictures of docs/pictures/ anew, of the built site. */
import path from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright';
import { PageTerminal } from '#host/bench/page-terminal.ts';
import { chromiumArguments, findChromium } from '#host/chromium.ts';
import { type SiteServer, serveSite } from '#site/server.ts';

const root = path.resolve(import.meta.dirname, '../..');
const size = { width: 1440, height: 900 };

/** Typed one after another once the pod runs, each with a part of what it answers. */
const shown: readonly [command: string, answer: RegExp][] = [
  ['kubectl get pods', /web\s+1\/1\s+Running/],
  ['wget -qO- $(kubectl get pod web -o jsonpath={.status.podIP})', /from the pod/],
  ['ps -eo pid,ppid,comm | grep -E "shim|pause|httpd"', /httpd/],
  ['lsns -t net -o NS,NPROCS,PID,COMMAND', /httpd|pause/],
];

const server = await serveSite({ directory: path.join(root, 'dist'), port: 0 });
const browser = await chromium.launch({ executablePath: findChromium(), args: chromiumArguments });
try {
  for (const takePictures of [ofLesson, ofCluster]) {
    const context = await browser.newContext({ viewport: size, colorScheme: 'light' });
    context.setDefaultTimeout(180_000);
    await takePictures(context, server);
    await context.close();
  }
} finally {
  await browser.close();
  await server.close();
}

function take(page: Page, name: string): Promise<unknown> {
  const file = path.join(root, 'docs/pictures', `${name}.png`);
  return page.screenshot({ path: file, animations: 'disabled' });
}

/** The kubelet, held at its first call for a pod, in a lesson about it. */
async function ofLesson(context: BrowserContext, { url }: SiteServer): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${url}lessons/the-cri/a-pod-call-by-call/`);
  const step = page.locator('section.step:not([hidden])');
  await step.locator('.missing').first().waitFor();
  for (const name of ['Give me a hint', 'A stronger hint', 'Do it for me']) {
    await step.getByRole('button', { name }).click();
  }
  await step.getByText('All done in this step.').waitFor({ state: 'attached' });
  await page.locator('article').evaluate((element) => (element.scrollTop = 0));
  await take(page, 'lesson');
}

/** A pod that runs: what the terminal says of it, and where it is on the node. */
async function ofCluster(context: BrowserContext, server: SiteServer): Promise<void> {
  const terminal = await PageTerminal.openCluster(context, server);
  const { page } = terminal;
  const serve = 'mkdir /www; echo hello from the pod >/www/index.html; exec httpd -f -h /www';
  await terminal.run(`kubectl run web --image=busybox:1.36 -- sh -c "${serve}"`);
  await terminal.run('kubectl wait --for=condition=Ready pod/web --timeout=170s');
  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  await page.locator('.xterm-screen:visible').click();
  await page.keyboard.press('Control+l');
  for (const [command, answer] of shown) {
    await page.keyboard.type(`${command}\n`);
    await page.waitForFunction(
      ({ source, command }) => {
        const active = window.sandglass?.terminals().find((terminal) => terminal.active);
        const text = active?.text.trimEnd() ?? '';
        const answered = text.slice(text.lastIndexOf(command) + command.length);
        return new RegExp(source).test(answered) && /# ?$/.test(answered);
      },
      { source: answer.source, command: command.slice(0, 20) },
    );
  }
  await page.getByRole('tab', { name: 'Node', exact: true }).click();
  await page.getByRole('region', { name: 'X-ray' }).getByText('httpd').first().waitFor();
  await take(page, 'x-ray');
}
