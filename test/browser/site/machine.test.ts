import { expect, test } from 'vitest';
import { siteFile, useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

/** Milliseconds by the guest's clock. */
async function guestTime(): Promise<number> {
  return Number(await visit.run('date +%s')) * 1000;
}

/** Sets the worker's clock ahead, as if the reader's day went on. */
async function letPass(milliseconds: number): Promise<void> {
  const [worker] = visit.page.workers();
  await worker?.evaluate((milliseconds) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + milliseconds;
  }, milliseconds);
}

const hour = 3_600_000;

test('a kernel that is made to crash is a failure with a button that brings it back', async () => {
  visit = await site.openShell();
  const { page } = visit;
  await visit.run('touch /tmp/before');
  await visit.type('echo c > /proc/sysrq-trigger\r');
  await page.getByRole('heading', { name: 'node-1 has stopped working' }).waitFor();
  await visit.stage.getByText('panicked: sysrq triggered crash').waitFor();
  await page.getByText('The console’s last lines').click();
  await visit.stage.getByText('Kernel panic - not syncing').waitFor();
  expect((await visit.status())?.kind).toBe('failed');
  await visit.button('Restart from snapshot').click();
  await visit.reaches('running');
  await visit.prompts();
  expect(await visit.run('ls /tmp')).toBe('');
});

test('the machine’s facts are those of the machine', async () => {
  visit = await site.openShell();
  const manifest = JSON.parse((await siteFile('guest/manifest.json')).toString()) as {
    kernel: { release: string };
  };
  expect(await visit.run('uname -r')).toBe(manifest.kernel.release);
  const memory = Number(await visit.run("awk '/MemTotal/ { print $2 }' /proc/meminfo"));
  await visit.choose('Machine facts');
  const facts = visit.page.getByRole('dialog', { name: 'node-1' });
  await facts.getByText(`Linux ${manifest.kernel.release} i686`, { exact: true }).waitFor();
  const [, whole] = /\/ (\d+) MB/.exec((await facts.textContent()) ?? '') ?? [];
  expect(Number(whole)).toBe(Math.round(memory / 1024));
  await facts.getByText(/from its snapshot in \d+\.\d\d s/).waitFor();
});

test('pause holds the machine, and resume sets its clock', async () => {
  visit = await site.openShell();
  const text = async () => (await visit.active()).text;
  // Waits in the shell itself: one that waits for a child goes on where SIGINT meets the child just as it exits.
  await visit.run('mkfifo /tmp/silent; exec 9<>/tmp/silent; n=0');
  await visit.type('while :; do echo "<$((n++))>"; read -t 0.05 -u 9; done\r');
  await visit.shows(/^<3>$/m);
  await visit.choose('Pause');
  await visit.page.getByRole('heading', { name: 'Paused' }).waitFor();
  await visit.page.getByText('guest time stopped at').waitFor();
  // What was on its way arrives; then nothing comes any more.
  await expect
    .poll(async () => {
      const before = await text();
      await visit.page.waitForTimeout(300);
      return (await text()) === before;
    })
    .toBe(true);
  const held = await text();
  await letPass(hour);
  await visit.button('Resume').click();
  await visit.reaches('running');
  await expect.poll(text).not.toBe(held);
  await visit.page.keyboard.press('Control+c');
  await visit.prompts();
  expect(Math.abs((await guestTime()) - Date.now() - hour)).toBeLessThan(60_000);
});

test('a power cycle shows the kernel’s boot, and comes back to a new shell', async () => {
  visit = await site.openShell();
  await visit.run('touch /tmp/before');
  await visit.choose('Power cycle…');
  await visit.button('Power cycle').click();
  await visit.page.waitForFunction(() =>
    window.sandglass
      ?.terminals()
      .some(
        ({ kind, active, text }) =>
          active && kind === 'console' && /\[ +\d+\.\d+\] Linux version 6\./.test(text),
      ),
  );
  expect((await visit.status())?.kind).toBe('starting');
  await visit.reaches('running');
  await visit.prompts();
  expect((await visit.active()).kind).toBe('shell');
  expect(await visit.run('ls /tmp')).toBe('');
  await visit.choose('Machine facts');
  await visit.page.getByText(/from power-on in \d+\.\d\d s/).waitFor();
});

test('the machine of a hidden page sleeps, and wakes with the right time', async () => {
  visit = await site.openShell({ query: '&sleep=0' });
  // To start a cluster is work.
  await visit.nodeIsReady();
  await visit.hide();
  await visit.page.waitForFunction(() => {
    const status = window.sandglass?.status();
    return status?.kind === 'paused' && status.by === 'sleep';
  });
  await letPass(hour);
  await visit.show();
  await visit.reaches('running');
  expect(Math.abs((await guestTime()) - Date.now() - hour)).toBeLessThan(60_000);
});
