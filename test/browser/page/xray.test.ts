import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { TraceBatch } from '#rpc/contracts.ts';
import { FakeTrace, tellPodStart, traceStart } from '#ui/testing/fake-trace.ts';
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
  await subject.page.getByRole('button', { name: 'X-ray', exact: true }).click();
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

test('a search without a hit says so, and a pod that is gone can still be chosen', async () => {
  await openTimeLine();
  const { page } = subject;
  await tell(started().batch());
  await page.getByRole('button', { name: 'List', exact: true }).click();
  // The page knows no such pod any more: what it did is all there is.
  await page.getByLabel('Pod', { exact: true }).selectOption('default/web (gone)');
  await page.locator('.list li').filter({ hasText: 'RunPodSandbox' }).waitFor();
  await page.getByRole('searchbox', { name: 'Search' }).fill('nowhere');
  await page.getByText('Nothing that happened is like that.').waitFor();
});

test('the list is in the order of time', async () => {
  await openTimeLine();
  const { page } = subject;
  const trace = started();
  // Told of at its end.
  trace.tell({ kind: 'oci', argv: ['crun', 'run'], exitCode: 0, milliseconds: 400, pod: web });
  await tell(trace.batch());
  await page.getByRole('button', { name: 'List', exact: true }).click();
  const times = page.locator('.list li .time');
  await page.locator('.list li').filter({ hasText: 'crun run' }).waitFor();
  const shown = await times.allInnerTexts();
  expect(shown).toEqual(shown.toSorted());
});

test('calls are followed as they come, and one that is held is in view', async () => {
  await openTimeLine();
  const { page } = subject;
  await page.getByRole('tab', { name: 'CRI calls' }).click();
  const trace = new FakeTrace();
  for (let count = 0; count < 60; count++) {
    trace.call('StartContainer', { containerId: `c${count}` }, { pod: web }, 3, () => ({}));
  }
  await tell(trace.batch());
  const box = page.locator('.content').filter({ has: page.locator('ol') });
  const fromEnd = () =>
    box.evaluate((it) => Math.round(it.scrollHeight - it.clientHeight - it.scrollTop));
  await expect.poll(fromEnd).toBeLessThanOrEqual(1);
  // The list is told of it in the next frame.
  const readAbove = async () => {
    await box.evaluate(async (it) => {
      it.scrollTo(0, 100);
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    });
    await expect.poll(fromEnd).toBeGreaterThan(100);
  };
  await readAbove();
  const known = trace.batch().records.length;
  const name = { service: 'runtime.v1.RuntimeService', method: 'RunPodSandbox' };
  const id = trace.tell({ kind: 'cri-call', ...name, request: {}, pod: web });
  await tell(trace.batch(known));
  await page.locator('.row').filter({ hasText: 'RunPodSandbox' }).waitFor();
  // Who reads further up is left there, until something is held.
  expect(await box.evaluate((it) => it.scrollTop)).toBe(100);
  await page.evaluate(
    (id) => window.node.tellHeld([{ id: 1, point: 'cri/RunPodSandbox', details: { id } }]),
    id,
  );
  await expect.poll(fromEnd).toBeLessThan(60);
  // A worker tells at once what is held, and of the trace what has come together in a while.
  await page.evaluate(() => window.node.tellHeld([]));
  await page.getByText('held before RunPodSandbox').waitFor({ state: 'detached' });
  await readAbove();
  await page.evaluate(
    (id) => window.node.tellHeld([{ id: 2, point: 'cri/RunPodSandbox', details: { id } }]),
    id + 1,
  );
  await page.getByText('held before RunPodSandbox').waitFor();
  trace.tell({ kind: 'cri-call', ...name, request: {}, pod: web });
  await tell(trace.batch(id));
  await expect.poll(fromEnd).toBeLessThan(60);
});

test('two clocks that have come apart are told of where both are seen', async () => {
  await openTimeLine();
  const { page } = subject;
  const held = Date.UTC(2026, 2, 1, 12, 0, 7, 208);
  await page.evaluate((stoppedAt) => window.node.tellClock({ stoppedAt, behind: 0 }), held);
  await page.getByText('cluster’s clock stopped at 12:00:07.208').waitFor();
  await page.evaluate(() => window.node.tellClock({ stoppedAt: undefined, behind: 12_340 }));
  await page.getByText('cluster’s clock 12.3 s behind the machine’s').waitFor();
  await page.evaluate(() => window.node.tellClock({ stoppedAt: undefined, behind: 3 }));
  await page.getByText('behind the machine’s').waitFor({ state: 'detached' });
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
  await page.getByRole('button', { name: 'More' }).click();
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
  await page.evaluate((stoppedAt) => {
    window.node.tellHeld([{ id: 1, point: 'sync-loop/pleg', details: {} }] as never);
    window.node.tellClock({ stoppedAt, behind: 0 });
  }, traceStart);
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

test('the list of breakpoints closes by Escape and by a click elsewhere, and fits a phone', async () => {
  await openTimeLine();
  const { page } = subject;
  const opener = page.getByRole('button', { name: 'Break on …' });
  const box = page.getByRole('checkbox', { name: 'cri/RunPodSandbox' });
  await opener.click();
  await box.waitFor();
  await page.keyboard.press('Escape');
  await box.waitFor({ state: 'hidden' });
  expect(await subject.focus()).toBe('Break on …');
  await opener.click();
  await page.getByRole('tab', { name: 'Time line' }).click();
  await box.waitFor({ state: 'hidden' });
  await page.setViewportSize({ width: 390, height: 844 });
  await opener.click();
  await box.waitFor();
  const seen = await page.locator('#break-on').boundingBox();
  expect(seen?.x).toBeGreaterThanOrEqual(0);
  expect((seen?.x ?? 0) + (seen?.width ?? 0)).toBeLessThanOrEqual(390);
  expect(seen?.y).toBeGreaterThanOrEqual(0);
});

test('nothing of the page reaches beyond the window: a link to a part of it moves nothing', async () => {
  await openTimeLine();
  const { page } = subject;
  const reach = () =>
    page.evaluate(() => [document.body.scrollHeight - innerHeight, document.body.scrollTop]);
  expect(await reach()).toEqual([0, 0]);
  await page.evaluate(() => {
    document.querySelector('.terminals')?.scrollIntoView({ block: 'end' });
  });
  expect(await reach()).toEqual([0, 0]);
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
