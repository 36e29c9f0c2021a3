import { Terminal } from '@xterm/headless';
import { beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Page } from './page.svelte.ts';
import { connectionTo } from './testing/connection.ts';
import { FakeNode } from './testing/fake-node.ts';

let node: FakeNode;
let page: Page;

beforeEach(async () => {
  // The page looks whether a touch would bring up a keyboard, and draws its first prompt by a frame.
  vi.stubGlobal('matchMedia', () => ({ matches: true }));
  vi.stubGlobal('requestAnimationFrame', () => 0);
  node = new FakeNode();
  page = new Page({
    frame: { locale: 'en', root: './', site: './' },
    connect: () => connectionTo(node),
    clock: new ManualClock(),
    visibility: { hidden: false, listen: () => () => undefined },
    store: undefined,
    readerFiles: { save: () => undefined },
    mac: false,
  });
  await page.machine.start('snapshot');
});

test('a page that nobody has used can be left without a question', async () => {
  expect(page.hasWork).toBe(false);
  await page.transfers.download('/nowhere');
  expect(page.hasWork).toBe(false);
});

test('what was typed would be lost with the page, unless the machine is gone already', () => {
  page.tabs.active?.type('l');
  expect(page.hasWork).toBe(true);
  node.setStatus({ kind: 'paused', by: 'sleep' });
  expect(page.hasWork).toBe(true);
  node.setStatus({ kind: 'halted', failure: { code: 'unavailable', message: 'Off.' } });
  expect(page.hasWork).toBe(false);
});

test('a file that was uploaded would be lost with the page', async () => {
  const blob = new Blob(['x']);
  await page.transfers.upload({ name: 'x', size: 1, stream: () => blob.stream() }, '/root/x');
  expect(page.hasWork).toBe(true);
});

test('the cluster begins where the reader asks to see it, once, and in a new worker again', async () => {
  expect(node.clusterStarts).toHaveLength(0);
  page.clusterShown = true;
  page.clusterShown = false;
  page.clusterShown = true;
  expect(node.clusterStarts).toHaveLength(1);
  node.die('The worker stopped.');
  await node.death;
  await page.machine.start('snapshot');
  expect(node.clusterStarts).toHaveLength(2);
});

test('a command to try out is typed into a shell of the node, whatever tab is shown', async () => {
  const shell = page.tabs.active;
  shell?.attach(new Terminal({ allowProposedApi: true }));
  await vi.waitFor(() => expect(shell?.text).toBe('root@node-1:~# '));
  page.tabs.showConsole();
  page.tryOut('kubectl get pods');
  await vi.waitFor(() => expect(shell?.text).toBe('root@node-1:~# kubectl get pods'));
  expect(page.tabs.active).toBe(shell);
});

test('where no shell runs, one is begun and the command typed at its prompt', async () => {
  const [shell] = page.tabs.sessions;
  page.tabs.showConsole();
  if (shell) page.tabs.close(shell);
  page.tryOut('kubectl get pods');
  const begun = page.tabs.active;
  expect(begun?.kind).toBe('shell');
  begun?.attach(new Terminal({ allowProposedApi: true }));
  await vi.waitFor(() => expect(begun?.text).toBe('root@node-1:~# kubectl get pods'));
});
