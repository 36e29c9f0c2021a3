import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flockProgram, lockCache, perlLocker } from './lock.ts';
import { silentProgress } from './progress.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process, with `lockCache`, `progress` and the `folder`. */
function build(script: string) {
  const prelude = `
    import { spawn } from 'node:child_process';
    import { open, rm } from 'node:fs/promises';
    import { lockCache } from ${JSON.stringify(path.join(import.meta.dirname, 'lock.ts'))};
    const folder = ${JSON.stringify(folder)};
    const progress = { say: (line) => console.log(line), at: () => undefined };`;
  return spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', prelude + script],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
}

test.each([
  ['flock', flockProgram],
  ['perl', perlLocker],
])('the second of two builds waits for the first (%s)', async (_name, take) => {
  const order: string[] = [];
  const unlock = await lockCache(folder, silentProgress, undefined, take);
  const said: string[] = [];
  const progress = { ...silentProgress, say: (line: string) => said.push(line) };
  const second = lockCache(folder, progress, undefined, take).then((unlockSecond) => {
    order.push('second');
    return unlockSecond();
  });
  await expect.poll(() => said).toEqual([expect.stringContaining(`process ${process.pid})`)]);
  order.push('first ends');
  await unlock();
  await second;
  expect(order).toEqual(['first ends', 'second']);
});

test('a build that was killed has no lock, though its commands live on', async () => {
  const killed = build(`
    await lockCache(folder, progress);
    console.log(spawn('sleep', ['60'], { stdio: 'ignore', detached: true }).pid);
    setInterval(() => undefined, 1000);`);
  const [pid] = (await once(killed.stdout, 'data')) as [Buffer];
  try {
    killed.kill('SIGKILL');
    await once(killed, 'close');
    const said: string[] = [];
    const progress = { ...silentProgress, say: (line: string) => said.push(line) };
    const unlock = await lockCache(folder, progress, AbortSignal.timeout(5000));
    await unlock();
    expect(said).toEqual([]);
  } finally {
    process.kill(Number(pid.toString()));
  }
});

test('of several builds one at a time has the cache', async () => {
  // `wx` fails if the file is there: if another build is between its open and its rm
  const contend = `
    for (let round = 0; round < 10; round++) {
      const unlock = await lockCache(folder, progress);
      await (await open(folder + '/owned', 'wx')).close();
      await rm(folder + '/owned');
      await unlock();
    }`;
  const codes = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const contender = build(contend);
      contender.stdout.resume();
      return (await once(contender, 'close'))[0] as number;
    }),
  );
  expect(codes).toEqual([0, 0, 0]);
});

test('waiting can be given up, and then another may wait and have it', async () => {
  const unlock = await lockCache(folder, silentProgress);
  const givenUp = lockCache(folder, silentProgress, AbortSignal.timeout(200));
  await expect(givenUp).rejects.toMatchObject({ code: 'cancelled' });
  const next = lockCache(folder, silentProgress);
  await unlock();
  await (
    await next
  )();
});
