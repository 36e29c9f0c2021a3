import { expect, test } from 'vitest';
import { tamper } from '../tamper.ts';
import { useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

/** What a restored pod must still be. */
const podFacts =
  "kubectl get pod lasting -o jsonpath='{.metadata.uid} {.status.podIP} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].state.running.startedAt}'";

/** Opens a page, runs a pod in it, and gives its facts. */
async function openWithPod(): Promise<string> {
  visit = await site.openShell();
  await visit.nodeIsReady();
  await visit.run(
    'kubectl run lasting --image=busybox:1.36 --command -- sh -c "echo begun; exec sleep 1d"',
  );
  expect(await visit.run('kubectl wait --for=condition=Ready pod/lasting --timeout=120s')).toBe(
    'pod/lasting condition met',
  );
  const facts = await visit.run(podFacts);
  expect(facts).toMatch(/^\S+ 10\.\S+ sandglass:\/\/\S+ 0 \S+Z$/);
  return facts;
}

test('a cluster that was saved goes on in another page with its pod running', async () => {
  const facts = await openWithPod();
  const saving = visit.page.waitForEvent('download', { timeout: 120_000 });
  await visit.choose('Save the cluster to a file…');
  const file = await saving;
  expect(file.suggestedFilename()).toMatch(/^cluster-.+\.sandglass$/);
  const saved = await file.path();
  await visit.page.getByText(/^Saved the cluster with 1 pod in cluster-/).waitFor();
  // What was saved runs on.
  await visit.clickIntoTerminal();
  expect(await visit.run(podFacts)).toBe(facts);
  visit.wentWell();

  // The other page's own machine gives way; its reader is asked, for something was typed there.
  const { context } = visit;
  visit = await site.openShell({ context });
  await visit.run('touch /tmp/mine');
  const { page } = visit;
  await visit.choose('Open a cluster from a file…');
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file…' }).click();
  await (await choosing).setFiles(saved);
  await page.getByText(/^Opened the cluster of .+, with 1 pod\.$/).waitFor({ timeout: 120_000 });
  expect(await visit.status()).toEqual({ kind: 'running', source: 'checkpoint' });
  await visit.prompts();
  await visit.clickIntoTerminal();
  expect(await visit.run('ls /tmp/mine')).toContain('No such file');
  await visit.nodeIsReady();
  expect(await visit.run(podFacts)).toBe(facts);
  expect(await visit.run('kubectl logs lasting; kubectl exec lasting -- hostname')).toBe(
    'begun\nlasting',
  );
}, 300_000);

test('a cluster that was saved in the browser goes on after a reload; what is damaged changes nothing', async () => {
  const facts = await openWithPod();
  const { page } = visit;
  const list = page.getByRole('list', { name: 'Saved clusters' });
  const open = list.getByRole('button', { name: /^Open: Cluster of/ });
  const transfers = page.getByRole('region', { name: 'Transfers' });
  const podIsThere = async () => {
    await visit.clickIntoTerminal();
    await visit.prompts();
    expect(await visit.run(podFacts)).toBe(facts);
  };
  await page.getByRole('button', { name: 'Edit & break', exact: true }).click();
  await page.getByRole('tab', { name: 'Saved clusters' }).click();
  await visit.button('Save the cluster in this browser').click();
  await page
    .getByText(/^Saved the cluster with 1 pod in this browser \(\d+\.\d MB\)\.$/)
    .waitFor({ timeout: 120_000 });
  await list.getByText(/^1 pod · \d+\.\d MB$/).waitFor();

  await page.reload();
  await visit.prompts();
  await open.click();
  await page.getByText(/^Opened the cluster of .+, with 1 pod\.$/).waitFor({ timeout: 120_000 });
  expect(await visit.status()).toEqual({ kind: 'running', source: 'checkpoint' });
  await visit.clickIntoTerminal();
  await visit.nodeIsReady();
  await podIsThere();
  expect(await visit.run('kubectl exec lasting -- hostname')).toBe('lasting');

  await tamper(page, 'Cluster of', 'garbled');
  await open.click();
  await list.getByRole('button', { name: 'Open', exact: true }).click();
  await transfers.getByText('The saved cluster is damaged or cut short.').waitFor();
  await podIsThere();
  await tamper(page, 'Cluster of', 'of another build');
  await list.getByText('Saved by another build of this site').waitFor();
  expect(await open.isEnabled()).toBe(false);
  await list.getByRole('button', { name: /^Delete: / }).click();
  await list.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('No cluster is saved in this browser.').waitFor();
}, 300_000);
