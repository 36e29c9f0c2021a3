import { expect, test } from 'vitest';
import { useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

/** What a restored pod must still be. */
const podFacts =
  "kubectl get pod lasting -o jsonpath='{.metadata.uid} {.status.podIP} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].state.running.startedAt}'";

test('a cluster that was saved goes on in another page with its pod running', async () => {
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
