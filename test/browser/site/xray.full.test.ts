import { expect, test } from 'vitest';
import { useSite } from './harness.ts';

const site = useSite();

test('a pod that is held is seen in the lanes, opened, stepped and found on the node', async () => {
  const visit = await site.openShell({ viewport: { width: 1440, height: 900 } });
  const { page } = visit;
  await visit.nodeIsReady();
  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  const xray = page.getByRole('region', { name: 'X-ray' });
  await xray.getByText('Break on …').click();
  await xray.getByLabel('cri/StartContainer', { exact: true }).check();
  await xray.getByText('Break on …').click();
  await visit.clickIntoTerminal();
  await visit.run('kubectl run web --image=busybox:1.36 -- sleep 1d');
  await xray.getByText('held before StartContainer').waitFor({ timeout: 120_000 });

  // What led to it, by layer.
  await xray.getByRole('tab', { name: 'Time line' }).click();
  await xray.getByRole('button', { name: 'List', exact: true }).click();
  const rows = xray.locator('.list li');
  for (const said of [
    'API server:POST pods/web',
    'Scheduler:bind to node-1',
    'Kubelet:SyncLoop ADD',
    'CRI shim:RunPodSandbox',
    'Runtime:CNI ADD bridge',
    'Kernel:pause',
  ]) {
    await expect
      .poll(async () => (await rows.allTextContents()).map((row) => row.replace(/\s+/g, ' ')))
      .toContainEqual(expect.stringContaining(said));
  }
  await rows.getByRole('button', { name: /StartContainer/ }).click();
  await rows.getByText(/^crictl start [0-9a-f]{64}$/).waitFor();
  expect(await rows.filter({ hasText: 'StartContainer' }).first().textContent()).toContain('held');

  // The sandbox is on the node, with its processes; the container is not yet.
  await xray.getByRole('tab', { name: 'Node', exact: true }).click();
  const pods = xray.getByRole('region', { name: /^Pods/ });
  await pods.getByRole('button', { name: /^pause \d+ \(inside: 1\)/ }).waitFor();
  expect(await pods.getByRole('button', { name: /^sleep/ }).count()).toBe(0);
  const joined = xray.getByRole('region', { name: /^Network/ }).locator('.pods');
  await joined.getByText(/^eth0 10\.\d+\.\d+\.\d+/).waitFor();

  await xray.getByRole('button', { name: 'Step', exact: true }).click();
  await pods.getByRole('button', { name: /^sleep \d+ \(inside: 1\)/ }).click();
  const process = xray.getByRole('region', { name: /^sleep \d+/ });
  const command = process.locator('.command').filter({ hasText: 'cat /proc/' }).first();
  await command.getByRole('button', { name: 'Type it' }).click();
  await visit.clickIntoTerminal();
  await page.keyboard.press('Enter');
  await visit.shows(/0::\/kubepods\/\S*pod[0-9a-f-]{36}\/[0-9a-f]{64}/);

  // By its own times, and by the trace's.
  await xray.getByText('Break on …').click();
  await xray.getByRole('button', { name: 'Clear all and run on' }).click();
  await xray.getByRole('tab', { name: 'Pod’s life' }).click();
  await xray
    .getByRole('listitem')
    .filter({ hasText: /^phase: Pending .*, Running / })
    .waitFor({ state: 'attached' });
  await xray
    .getByRole('listitem')
    .filter({ hasText: /(?<!Pod)Scheduled/ })
    .first()
    .waitFor({ state: 'attached' });
}, 300_000);
