import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeImageArchive } from '../../kubernetes/image-archive.ts';
import { siteDirectory, useSite } from './harness.ts';
import type { Visit } from './visit.ts';

const site = useSite();
let visit: Visit;

const pod = `apiVersion: v1
kind: Pod
metadata: {name: pair}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: web
    image: busybox:1.36
    command: [sh, -c, "mkdir /www && echo from web > /www/index.html && echo serving && exec httpd -f -p 8000 -h /www"]
  - name: side
    image: busybox:1.36
    command: [sleep, 1d]`;

/** What a pod is made of on the node, a line each: processes of containers, mounts, links of the bridge, network namespaces. */
const traces = [
  "ps -eo comm,args | grep -E 'sandglass-shim|httpd|/pause' | grep -v grep",
  "grep -E 'overlay|kubelet/pods' /proc/self/mounts",
  "ip -o link | grep -o 'veth[^:@]*'",
  'ls /run/netns /var/run/netns 2>/dev/null | grep cni-',
  'find /sys/fs/cgroup/kubepods* -mindepth 2 -type d -name "*pod*"',
].join('; ');

/** Chooses what the kubelet is held at. */
async function breakOn(point: string): Promise<void> {
  await visit.page.getByText('Break on …').click();
  await visit.page.getByLabel(point, { exact: true }).check();
  await visit.page.getByText('Break on …').click();
}

test('images come from a file of the reader’s', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandglass-images-'));
  const archive = path.join(folder, 'mine.tar');
  writeImageArchive(archive, {
    repository: 'docker.io/library/busybox',
    tag: '1.36',
    name: 'example.org/mine:1',
  });
  visit = await site.openShell();
  const { page } = visit;
  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  const cluster = page.getByRole('region', { name: 'X-ray' });
  await cluster.getByRole('tab', { name: 'Images' }).click();
  await page.getByLabel('Archives of images').setInputFiles(archive);
  await page.getByText('Loaded example.org/mine:1 from mine.tar.').waitFor();
  await cluster.getByRole('row', { name: /example\.org\/mine:1 \d/ }).waitFor();
  await page.getByLabel('Archives of images').setInputFiles(path.join(siteDirectory, 'index.html'));
  await page.getByText(/^index\.html was not loaded: /).waitFor();
  await rm(folder, { recursive: true });
});

test('a pod is applied, held, stepped, used and deleted, and leaves nothing behind', async () => {
  visit = await site.openShell();
  const { page } = visit;
  await visit.nodeIsReady();
  expect(await visit.run(`(${traces}) | sort`)).toBe('');

  await page.getByRole('button', { name: 'X-ray', exact: true }).click();
  const cluster = page.getByRole('region', { name: 'X-ray' });
  await breakOn('cri/CreateContainer');
  await visit.clickIntoTerminal();
  await visit.enter("cat > pod.yaml <<'END'", ...pod.split('\n'), 'END');
  await visit.prompts();
  expect(await visit.run('kubectl apply -f pod.yaml')).toBe('pod/pair created');

  // Held: the sandbox is there, the container is not, and the machine can be looked at.
  const state = cluster.getByRole('status');
  await state.getByText('held before CreateContainer').waitFor({ timeout: 120_000 });
  expect(await visit.run("ps -eo comm | grep -c '^pause$'")).toBe('1');
  expect(await visit.run('pgrep -c httpd')).toBe('0');
  await cluster.getByRole('button', { name: 'Step' }).click();
  await state.getByText('held before StartContainer').waitFor();
  await visit.clickIntoTerminal();
  expect(await visit.run('pgrep -c httpd')).toBe('0');
  await cluster.getByRole('button', { name: 'Continue' }).click();
  // The other container's.
  await state.getByText('held before CreateContainer').waitFor();
  await visit.clickIntoTerminal();
  await visit.run('until pgrep httpd > /dev/null; do sleep 0.1; done');
  expect(await visit.run('kubectl get pod pair -o jsonpath={.status.phase}')).toBe('Pending');
  await cluster.getByText('Break on …').click();
  await cluster.getByRole('button', { name: 'Clear all and run on' }).click();
  await visit.clickIntoTerminal();
  expect(await visit.run('kubectl wait --for=condition=Ready pod/pair --timeout=120s')).toBe(
    'pod/pair condition met',
  );

  await cluster.getByRole('tab', { name: 'CRI calls' }).click();
  const calls = cluster.getByRole('listitem');
  await calls.filter({ hasText: 'RunPodSandbox' }).first().waitFor();
  expect(await calls.filter({ hasText: /CreateContainer.*ms/ }).count()).toBe(2);
  await cluster.getByRole('tab', { name: 'Pods', exact: true }).click();
  await cluster.getByRole('row', { name: /default pair 2\/2 Running 10\.\d+\.\d+\.\d+/ }).waitFor();
  await visit.clickIntoTerminal();

  expect(await visit.run('kubectl logs pair -c web')).toBe('serving');
  const fetched = await visit.run('kubectl exec pair -c side -- wget -qO- http://localhost:8000/');
  expect(fetched).toBe('from web');
  // A terminal of its own, with the size of this one.
  await visit.type('kubectl exec -it pair -c side -- sh\r');
  await visit.shows(/\/ # ?$/);
  await visit.type('stty size; hostname; exit\r');
  const size = (await visit.active()).size;
  await visit.shows(new RegExp(`${size?.rows} ${size?.columns}\\npair\\n`));
  await visit.prompts();

  expect(await visit.run('kubectl delete pod pair')).toBe(
    'pod "pair" deleted from default namespace',
  );
  expect(
    await visit.run(`until [ -z "$(${traces})" ]; do sleep 0.2; done; (${traces}) | sort`),
  ).toBe('');
  await cluster.getByText('No pod yet.').waitFor();
}, 300_000);
