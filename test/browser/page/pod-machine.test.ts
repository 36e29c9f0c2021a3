import { expect, test } from 'vitest';
import { machineOfNode, nodeWithMachine, webId } from '#ui/testing/fake-machine-pod.ts';
import { FakeTrace } from '#ui/testing/fake-trace.ts';
import { type PageUnderTest, useHarness } from './harness.ts';

const pod = { namespace: 'default', name: 'vm', uid: machineOfNode.pod?.uid ?? '' };
const links = { pod, sandboxId: machineOfNode.sandboxId };

const harness = useHarness();
let subject: PageUnderTest;

async function open(view: string): Promise<void> {
  subject = await harness.openShell({ viewport: { width: 1280, height: 800 } });
  await subject.page.getByRole('button', { name: 'X-ray', exact: true }).click();
  await subject.page.getByRole('tab', { name: view, exact: true }).click();
}

/** The start of a sandbox in a machine, as the trace of a real one tells it, in short. */
function start(): FakeTrace {
  const trace = new FakeTrace();
  trace.call('RunPodSandbox', { runtimeHandler: 'kata-fc' }, { pod }, 400, () => {
    for (const method of ['UpdateInterface', 'CreateSandbox']) {
      const call = trace.tell({ kind: 'agent-call', method, request: { of: method }, ...links });
      const answer = { milliseconds: 12, response: {} };
      trace.tell({ kind: 'agent-return', method, parent: call, ...answer, ...links }, 12);
    }
    return { sandboxId: links.sandboxId };
  });
  return trace;
}

function tell(trace: FakeTrace, after = 0): Promise<unknown> {
  return subject.page.evaluate((batch) => window.node.tellTrace(batch), trace.batch(after));
}

const details = () =>
  subject.page.evaluate(() => window.node.calls.filter((call) => call.startsWith('details')));

test('a machine has lanes in the time line, and what is told one by one is asked for while it is seen', async () => {
  await open('Time line');
  const { page } = subject;
  const lane = (name: string) => page.getByRole('button', { name, exact: true });
  expect(await lane('9P').count()).toBe(0);
  const trace = start();
  await tell(trace);
  await lane('VM agent').waitFor();
  expect(await lane('9P').getAttribute('aria-pressed')).toBe('false');
  expect(await details()).toEqual([]);

  await lane('9P').click();
  expect(await details()).toEqual(['details ninep']);
  const sizes = { requestBytes: 24, replyBytes: 11, milliseconds: 2 };
  const known = trace.batch().records.length;
  trace.tell({ kind: 'ninep', name: 'Twalk', refused: 'ENOENT', ...sizes, ...links });
  trace.tell({ kind: 'frame', from: 'guest', protocol: 'ARP', length: 42, ...links });
  await tell(trace, known);
  const list = page.getByRole('button', { name: 'List', exact: true });
  await list.click();
  const row = (name: RegExp) => page.locator('.list').getByRole('button', { name });
  await row(/9P: ?Twalk ENOENT/).waitFor();
  expect(await row(/ARP/).count()).toBe(0);
  await row(/CreateSandbox/).click();
  await page.locator('.list').getByText('"of": "CreateSandbox"').waitFor();
  await page.getByText(`kata-runtime exec ${links.sandboxId}`).waitFor();
  await page.getByLabel('Kind').selectOption('frame');
  await row(/Frames: ?ARP out/).waitFor();
  expect((await details()).at(-1)).toBe('details frame ninep');
  await page.getByRole('tab', { name: 'Pods', exact: true }).click();
  expect((await details()).at(-1)).toBe('details');
});

test('the calls of an agent can be held', async () => {
  await open('Time line');
  const { page } = subject;
  await page.getByText('Break on …').click();
  await page.getByLabel('agent/CreateSandbox').check();
  const calls = await page.evaluate(() => window.node.calls);
  expect(calls.at(-1)).toBe('break on agent/CreateSandbox');
  expect(await page.getByLabel('agent/ReadStdout').count()).toBe(0);
  await page.evaluate(
    (request) =>
      window.node.tellHeld([{ id: 1, point: 'agent/CreateSandbox', details: request }] as never),
    {},
  );
  await page.getByText('held before CreateSandbox').waitFor();
  // What is held has a lane, though nothing of a machine has happened yet.
  await page.getByRole('button', { name: 'VM agent', exact: true }).waitFor();
});

test('a pod’s machine is seen beside what the node has of it, and no process on both sides', async () => {
  await open('Node');
  const { page } = subject;
  await page.evaluate(
    ({ node, machine }) => {
      window.node.survey = node;
      window.node.machines = [machine];
    },
    { node: nodeWithMachine, machine: machineOfNode },
  );
  const table = page.getByRole('table', { name: 'The same pod, as the node has it' });
  await table.waitFor({ timeout: 20_000 });
  const cells = async (row: string) => {
    const found = table
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: row }) });
    return (await found.getByRole('cell').allInnerTexts()) as [string, string];
  };
  const [nodeKernel, machineKernel] = await cells('Kernel');
  expect(nodeKernel).toContain(nodeWithMachine.kernel.bootId);
  expect(machineKernel).toContain('6.1.192-kata');
  expect(machineKernel).toContain(machineOfNode.survey?.kernel.bootId);

  const [onNode, inMachine] = await cells('Processes');
  expect(onNode).toMatch(/sandglass-shim-\s510/);
  expect(onNode).toMatch(/sandglass-vmm\s511/);
  for (const name of ['kata-agent', 'pause', 'httpd']) {
    expect(inMachine).toContain(name);
    expect(onNode).not.toContain(name);
  }
  expect(inMachine).not.toContain('sandglass-');
  expect((await cells('Network'))[0]).toContain('tap0_kata');
  expect((await cells('Devices'))[1]).toContain('9pnet_virtio');
  await page.getByText('412 9P requests so far, 0 frames dropped').waitFor();
  await page.getByText('real: read from this machine’s kernel').waitFor();

  await table.getByText(`mounts of ${webId.slice(0, 12)}`).click();
  await table.getByText(`host9p /${webId.slice(0, 12)}…/rootfs`).waitFor();
  await table.getByRole('button', { name: 'sandglass-vmm 511' }).click();
  await page.getByText('lsns -p 511').waitFor();
});

test('a machine that does not answer is said not to, and the node is shown all the same', async () => {
  await open('Node');
  const { page } = subject;
  const { survey: _survey, ...silent } = machineOfNode;
  const failure = { code: 'deadline-exceeded', message: 'It has not answered.' } as const;
  await page.evaluate(
    ({ node, machine }) => {
      window.node.survey = node;
      window.node.machines = [machine];
    },
    { node: nodeWithMachine, machine: { ...silent, failure } },
  );
  await page.getByText('It cannot be asked: It has not answered.').waitFor({ timeout: 20_000 });
  await page.getByRole('button', { name: 'sandglass-vmm 511' }).waitFor();
});
