import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { TraceBatch } from '#rpc/contracts.ts';
import { FakeTrace, tellPodStart } from '#ui/testing/fake-trace.ts';
import { type PageUnderTest, useHarness } from './harness.ts';

const web = { namespace: 'default', name: 'web', uid: 'u1' };
const hostile = '<img src=x onerror=alert(1)>\x1b[2J';

const harness = useHarness();
let subject: PageUnderTest;

function tell(batch: TraceBatch): Promise<unknown> {
  return subject.page.evaluate((told) => window.node.tellTrace(told), batch);
}

function started(): FakeTrace {
  const trace = new FakeTrace();
  tellPodStart(trace, { pod: web, image: 'busybox:1.36', pid: 402 });
  return trace;
}

async function openTimeLine(): Promise<void> {
  subject = await harness.openShell({ viewport: { width: 1280, height: 800 } });
  await subject.page.getByRole('button', { name: 'Cluster' }).click();
  await subject.page.getByRole('tab', { name: 'Time line' }).click();
}

test('the time line goes by the keyboard: from event to event, open, and closed again', async () => {
  await openTimeLine();
  const { page } = subject;
  await tell(started().batch());
  const figure = page.getByRole('application', { name: 'Time line of what happened' });
  await figure.focus();
  const said = figure.getByRole('status');
  await page.keyboard.press('ArrowLeft');
  await said.getByText('API server, PATCH pods/web/status, web').waitFor();
  for (let lane = 0; lane < 3; lane++) await page.keyboard.press('ArrowDown');
  await said.getByText('CRI shim, RunPodSandbox, web, 210 ms').waitFor();
  await page.keyboard.press('ArrowDown');
  await said.getByText('Runtime, CNI ADD bridge, web').waitFor();
  await page.keyboard.press('ArrowUp');
  const details = page.getByRole('region', { name: 'RunPodSandbox' });
  await details.getByText('"hostname": "web"').first().waitFor();
  expect(await details.getByText('crictl runp pod.json').count()).toBe(1);
  await details.getByRole('button', { name: 'pause 406' }).click();
  await page.getByRole('region', { name: 'pause' }).getByText('lsns -p 406').waitFor();
  await figure.focus();
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'pause' }).waitFor({ state: 'detached' });
});

test('a command is copied, or typed into the terminal', async () => {
  await openTimeLine();
  const { page } = subject;
  await tell(started().batch());
  await page.getByRole('button', { name: 'List', exact: true }).click();
  await page.getByRole('button', { name: /StartContainer/ }).click();
  await page.getByRole('button', { name: 'Copy' }).click();
  const command = `crictl start ${'c0u1'.padEnd(64, '0')}`;
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
  await page.getByRole('button', { name: 'Type it' }).click();
  await expect
    .poll(async () => Buffer.from(await subject.received(1)).toString())
    .toContain(command);
});

test('what is shown is narrowed by a pod, a kind, a text, and by what is routine', async () => {
  await openTimeLine();
  const { page } = subject;
  const trace = started();
  tellPodStart(trace, { pod: { ...web, name: 'db', uid: 'u2' }, image: 'busybox', pid: 500 });
  trace.call('ListImages', {}, {}, 3, () => ({}));
  await tell(trace.batch());
  await page.getByRole('button', { name: 'List', exact: true }).click();
  const rows = page.locator('.list li');
  const calls = rows.filter({ hasText: 'RunPodSandbox' });
  await expect.poll(() => calls.count()).toBe(2);
  expect(await rows.filter({ hasText: 'ListImages' }).count()).toBe(0);
  await page.getByLabel('also routine').check();
  await expect.poll(() => rows.filter({ hasText: 'ListImages' }).count()).toBe(1);
  await page.getByLabel('Kind').selectOption('CRI calls');
  await page.getByRole('searchbox', { name: 'Search' }).fill('hostname');
  await expect.poll(() => rows.filter({ hasText: 'StartContainer' }).count()).toBe(0);
  await expect.poll(() => calls.count()).toBe(2);
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect.poll(() => rows.filter({ hasText: 'SyncLoop ADD' }).count()).toBe(2);
});

test('paused, it takes in what comes and shows it when it goes on', async () => {
  await openTimeLine();
  const { page } = subject;
  const trace = started();
  await tell(trace.batch());
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'List', exact: true }).click();
  const rows = page.locator('.list li');
  const before = await rows.count();
  const last = trace.batch().records.length;
  tellPodStart(trace, { pod: { ...web, name: 'db', uid: 'u2' }, image: 'busybox', pid: 500 });
  await tell(trace.batch(last));
  const goOn = page.getByRole('button', { name: `Go on (${before} since)` });
  await goOn.waitFor();
  expect(await rows.count()).toBe(before);
  await goOn.click();
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  await expect.poll(() => rows.count()).toBe(2 * before);
});

test('it is exported as JSON and as SVG', async () => {
  await openTimeLine();
  const { page } = subject;
  await tell(started().batch());
  const save = async (format: string) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Export as ${format}` }).click(),
    ]);
    return readFile(await download.path(), 'utf8');
  };
  const { records } = JSON.parse(await save('JSON')) as { records: { kind: string }[] };
  expect(records.filter(({ kind }) => kind === 'cri-call')).toHaveLength(4);
  const svg = await save('SVG');
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).toContain('>RunPodSandbox</text>');
  expect(svg).toContain('>Kubelet</text>');
  // It needs nothing of the page.
  expect(svg).not.toMatch(/var\(|href|<style|url\(/);
});

test('a source of SyncLoop is a breakpoint at a click, and says what it holds', async () => {
  await openTimeLine();
  const { page } = subject;
  await tell(started().batch());
  await page.getByRole('tab', { name: 'SyncLoop' }).click();
  const source = page.getByRole('button', { name: /^PLEG pleg/ });
  await page.getByRole('button', { name: /^PLEG pleg ContainerStarted web/ }).waitFor();
  await source.click();
  await expect.poll(() => source.getAttribute('aria-pressed')).toBe('true');
  expect(await page.evaluate(() => window.node.calls)).toContain('break on sync-loop/pleg');
  await page.evaluate(() =>
    window.node.tellHeld([{ id: 1, point: 'sync-loop/pleg', details: {} }] as never),
  );
  await source.getByText('pleg · held').waitFor();
  await page.getByText('cluster’s clock stopped at 12:00:00').waitFor();
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  expect(await page.evaluate(() => window.node.calls)).toContain('step undefined');
});

test('what cannot be stepped is said, and nothing is held when the worker has died', async () => {
  await openTimeLine();
  const { page } = subject;
  await page.evaluate(() => {
    window.node.stepHeld = () => Promise.reject(new Error('It does not answer.'));
    window.node.tellHeld([{ id: 1, point: 'cri/RunPodSandbox', details: {} }]);
  });
  const step = page.getByRole('button', { name: 'Step', exact: true });
  await step.click();
  await page.getByRole('alert').getByText('It does not answer.').waitFor();
  await page.evaluate(() => {
    window.node.die('The worker is gone.');
  });
  await page.getByRole('tabpanel').getByText('The cluster starts with the machine.').waitFor();
  expect(await step.isDisabled()).toBe(true);
  expect(await page.getByText('held before').count()).toBe(0);
});

test('what can be pulled is asked for when it is opened, and pulled by a command', async () => {
  await openTimeLine();
  const { page } = subject;
  await page.getByRole('tab', { name: 'Images' }).click();
  await page.evaluate(() => {
    const answer = window.node.listOfferedImages.bind(window.node);
    window.node.listOfferedImages = () => {
      window.node.listOfferedImages = answer;
      return Promise.reject(new Error('The registry does not answer.'));
    };
  });
  await page.getByText('What can be pulled').click();
  await page.getByRole('alert').getByText('The registry does not answer.').waitFor();
  await page.getByRole('button', { name: 'Ask again' }).click();
  await page.getByRole('button', { name: 'Pull nginx:1.27' }).click();
  await expect
    .poll(async () => Buffer.from(await subject.received(1)).toString())
    .toBe('crictl pull nginx:1.27');
});

test('who clears all breakpoints is done with their list', async () => {
  await openTimeLine();
  const { page } = subject;
  await page.getByText('Break on …').click();
  await page.getByRole('checkbox', { name: 'cri/*' }).check();
  const clear = page.getByRole('button', { name: 'Clear all and run on' });
  await clear.focus();
  await page.keyboard.press('Enter');
  await clear.waitFor({ state: 'hidden' });
  expect(await subject.focus()).toBe('Break on …');
  expect(await page.evaluate(() => window.node.calls)).toContain('run on');
});

test('hostile names and messages are shown as text, in every figure', async () => {
  await openTimeLine();
  const { page } = subject;
  const pod = { namespace: 'default', name: hostile, uid: '5c1e0f6a-9d0e-4a35-8f0b-2b1d7d6a90c2' };
  const trace = new FakeTrace();
  tellPodStart(trace, { pod, image: hostile, pid: 402 });
  const error = { code: '2', message: hostile };
  const parent = trace.tell({
    kind: 'cri-call',
    service: 's',
    method: 'ExecSync',
    request: { cmd: [hostile] },
    pod,
  });
  trace.tell({
    kind: 'cri-return',
    service: 's',
    method: 'ExecSync',
    parent,
    milliseconds: 1,
    error,
    pod,
  });
  await tell(trace.batch());
  await page.evaluate(
    ({ pod, hostile }) => {
      const time = '2026-03-01T12:00:01Z';
      window.node.tellPods([
        {
          metadata: { ...pod, resourceVersion: '1', creationTimestamp: time },
          status: {
            phase: hostile,
            conditions: [{ type: hostile, status: 'True', lastTransitionTime: time }],
            containerStatuses: [
              { name: hostile, state: { waiting: { reason: hostile } }, restartCount: 0 },
            ],
          },
        },
      ] as never);
      window.node.tellEvents([
        {
          metadata: { uid: 'e' },
          involvedObject: { ...pod, kind: 'Pod' },
          reason: hostile,
          message: hostile,
          lastTimestamp: time,
        },
      ] as never);
      const namespaces = { mnt: 1, pid: 2, net: 3, ipc: 4, uts: 5, cgroup: 6, user: 7 };
      const process = {
        ...{
          pid: 9,
          parentPid: 1,
          ownPid: 1,
          state: 'S',
          residentBytes: 1,
          cpuMilliseconds: 1,
          namespaces,
        },
        ...{
          cgroup: `/kubepods/pod${pod.uid}/${'a'.repeat(64)}`,
          name: hostile,
          commandLine: hostile,
        },
      };
      window.node.survey = {
        ...window.node.survey,
        processes: [process],
        cgroups: [{ path: `/${hostile}`, cpuMilliseconds: 1 }],
        links: [],
        mounts: [],
      };
    },
    { pod, hostile },
  );
  await page.getByRole('button', { name: 'List', exact: true }).click();
  await page.locator('.list').getByText('ExecSync').click();
  await page.locator('.list pre.bad').getByText('<img src=x').waitFor();
  for (const name of ['SyncLoop', 'Node', 'Pod’s life', 'CRI calls', 'Pods', 'Events']) {
    await page.getByRole('tab', { name, exact: true }).click();
    await page
      .getByRole('tabpanel')
      .getByText('<img src=x')
      .filter({ visible: true })
      .first()
      .waitFor();
  }
  await page.getByRole('tab', { name: 'Node', exact: true }).click();
  await page.getByRole('tabpanel').getByRole('button', { name: '<img src=x' }).click();
  await page.getByText('lsns -p 9').waitFor();
  expect(await page.locator('.xray img').count()).toBe(0);
});
