import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockCache } from './lock.ts';
import { silentProgress } from './progress.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the second of two builds waits for the first', async () => {
  const order: string[] = [];
  const unlock = await lockCache(folder, silentProgress);
  const said: string[] = [];
  const second = lockCache(folder, { ...silentProgress, say: (line) => said.push(line) }).then(
    (unlockSecond) => {
      order.push('second');
      return unlockSecond();
    },
  );
  await expect.poll(() => said).toHaveLength(1);
  order.push('first ends');
  await unlock();
  await second;
  expect(order).toEqual(['first ends', 'second']);
  expect(await readdir(folder)).toEqual([]);
});

test('a lock whose owner is gone is no lock', async () => {
  // no process has this number: the largest is 4194304, proc(5) on pid_max
  await writeFile(path.join(folder, 'lock'), '4999999 1');
  const unlock = await lockCache(folder, silentProgress, AbortSignal.timeout(2000));
  await unlock();
});

test('waiting can be given up', async () => {
  const unlock = await lockCache(folder, silentProgress);
  await expect(lockCache(folder, silentProgress, AbortSignal.timeout(50))).rejects.toThrow();
  await unlock();
});
