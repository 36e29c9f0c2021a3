/** take-screenshot.ts: takes docs/screenshot.png anew, of the built site with a pod that runs and the cluster beside it. */
import path from 'node:path';
import { chromium } from 'playwright';
import { PageTerminal } from '#host/bench/page-terminal.ts';
import { chromiumArguments, findChromium } from '#host/chromium.ts';
import { serveSite } from '#site/server.ts';

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
  const context = await browser.newContext({ viewport: size, colorScheme: 'light' });
  const terminal = await PageTerminal.openCluster(context, server);
  const { page } = terminal;
  const serve = 'mkdir /www; echo hello from the pod >/www/index.html; exec httpd -f -h /www';
  await terminal.run(`kubectl run web --image=busybox:1.36 -- sh -c "${serve}"`);
  await terminal.run('kubectl wait --for=condition=Ready pod/web --timeout=170s');
  await page.getByRole('button', { name: 'Cluster' }).click();
  await page.getByRole('tab', { name: 'CRI calls' }).click();
  await page.getByRole('button', { name: 'StartContainer' }).waitFor();
  await page.getByRole('button', { name: 'RunPodSandbox' }).click();
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
  await page.screenshot({ path: path.join(root, 'docs/screenshot.png'), animations: 'disabled' });
} finally {
  await browser.close();
  await server.close();
}
