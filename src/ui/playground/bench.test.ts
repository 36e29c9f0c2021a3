import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Page } from '#ui/page.svelte.ts';
import type { SettingsStore } from '#ui/ports.ts';
import { connectionTo } from '#ui/testing/connection.ts';
import { FakeNode } from '#ui/testing/fake-node.ts';
import { Bench } from './bench.svelte.ts';
import { usualLayout } from './layout.ts';
import { encodeFragment } from './permalink.ts';

let store: SettingsStore;

beforeEach(() => {
  const items = new Map<string, string>();
  store = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  };
});

/** The bench as one visit of the reader has it. */
function visit(): Bench {
  const page = new Page({
    frame: { locale: 'en', root: './', site: './' },
    connect: () => connectionTo(new FakeNode()),
    clock: new ManualClock(),
    visibility: { hidden: false, listen: () => () => undefined },
    store,
    readerFiles: { save: () => undefined },
    mac: false,
  });
  return new Bench(page, store);
}

const shown = ({ file, manifest }: Bench) => ({ file, manifest });
const theirs = { file: '/root/theirs.yaml', manifest: 'kind: Pod # theirs' };

test('what the reader has written is there again at the next visit', () => {
  const bench = visit();
  bench.edit('kind: Pod # mine');
  expect(visit().manifest).toBe('kind: Pod # mine');
});

test('a link that is followed takes nothing from what was kept, until its manifest is changed', async () => {
  const first = visit();
  first.edit('kind: Pod # mine');
  const mine = shown(first);

  const second = visit();
  await second.follow(await encodeFragment({ ...theirs, layout: usualLayout }));
  second.arrange({ side: 0.3 });
  expect(shown(second)).toEqual(theirs);
  const third = visit();
  expect(shown(third)).toEqual(mine);
  expect(third.layout.side).toBe(0.3);

  second.edit('kind: Pod # theirs, changed');
  expect(shown(visit())).toEqual({ ...theirs, manifest: 'kind: Pod # theirs, changed' });
});

test('a manifest that is too long to be kept is said to be, and the one before it stays', () => {
  const bench = visit();
  bench.edit('kind: Pod # mine');
  expect(bench.isTooLong).toBe(false);
  bench.edit(`kind: Pod # ${'x'.repeat(256 << 10)}`);
  expect(bench.isTooLong).toBe(true);
  expect(visit().manifest).toBe('kind: Pod # mine');
});

test('what has nothing of its example any more has neither its file nor what to try with it', () => {
  const bench = visit();
  const { file, manifest } = bench;
  expect(bench.origin?.file).toBe(file);
  bench.edit(manifest.replace('sleep 5', 'sleep 9'));
  expect([bench.file, bench.origin?.file, bench.example]).toEqual([file, file, undefined]);
  bench.edit('kind: Pod # mine');
  expect([bench.file, bench.origin]).toEqual(['/root/pod.yaml', undefined]);
  bench.edit(manifest);
  expect([bench.file, bench.example?.file]).toEqual([file, file]);
});

test('what was kept and is no manifest does no harm', () => {
  store.setItem('sandglass.playground', '{"file":"/etc/passwd","manifest":"x","layout":3}');
  const bench = visit();
  expect(bench.file).not.toBe('/etc/passwd');
  expect(bench.layout).toEqual(usualLayout);
  store.setItem('sandglass.playground', 'null');
  expect(visit().layout).toEqual(usualLayout);
});
