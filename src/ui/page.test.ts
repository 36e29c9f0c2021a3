import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Page } from './page.svelte.ts';
import { connectionTo } from './testing/connection.ts';
import { FakeNode } from './testing/fake-node.ts';

let node: FakeNode;
let page: Page;

beforeEach(async () => {
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
