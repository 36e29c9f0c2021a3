import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { Cache } from './cache.ts';
import { plainFailure } from './failure.ts';
import { silentProgress } from './progress.ts';
import { Recipe, type Step, type Workshop } from './recipe.ts';
import { runCommand } from './command.ts';
import type { Toolbox } from './toolbox.ts';

const toolbox: Toolbox = {
  processors: 1,
  run: runCommand,
  ensure: () => Promise.resolve(),
  scratch: (folder) => Promise.resolve(folder),
  close: () => Promise.resolve(),
};

let folder: string;
let cache: Cache;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'images-test-'));
  cache = new Cache(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function stepOf(
  run: (workshop: Workshop) => Promise<void>,
  extra: Partial<Step> & { input?: string } = {},
): Step {
  const { input = 'a', ...rest } = extra;
  return {
    name: 'step',
    title: 'Step',
    needs: [],
    tools: [],
    resumable: false,
    inputs: () => Promise.resolve({ input }),
    run,
    ...rest,
  };
}

const build = (step: Step, signal?: AbortSignal) =>
  new Recipe({ cache, toolbox, progress: silentProgress, ...(signal && { signal }) }).build(step);

const write = (text: string) => (workshop: Workshop) =>
  writeFile(path.join(workshop.output, 'file'), text);

/** Names of finished results and drafts. */
const inCache = async (step = 'step') => readdir(path.join(folder, step)).catch(() => []);

test('a step runs once for the same inputs and again for others', async () => {
  let runs = 0;
  const count = async (workshop: Workshop) => {
    runs++;
    await write('x')(workshop);
  };
  const first = await build(stepOf(count));
  const again = await build(stepOf(count));
  expect(runs).toBe(1);
  expect(again).toEqual(first);
  const other = await build(stepOf(count, { input: 'b' }));
  expect(runs).toBe(2);
  expect(other.key).not.toBe(first.key);
  expect(other.digest).toBe(first.digest);
});

test('a step runs again when the output of one it needs changed, not when only its inputs did', async () => {
  let runs = 0;
  const dependent = (need: Step) =>
    stepOf(
      async (workshop) => {
        runs++;
        const text = await readFile(path.join(workshop.outputOf(need), 'file'), 'utf8');
        await write(`${text}!`)(workshop);
      },
      { name: 'dependent', needs: [need] },
    );
  await build(dependent(stepOf(write('one'), { input: 'a' })));
  await build(dependent(stepOf(write('one'), { input: 'b' })));
  expect(runs).toBe(1);
  const entry = await build(dependent(stepOf(write('two'), { input: 'c' })));
  expect(runs).toBe(2);
  expect(await readFile(path.join(entry.output, 'file'), 'utf8')).toBe('two!');
});

test('a failed step leaves nothing behind', async () => {
  const failing = stepOf(async (workshop) => {
    await write('half')(workshop);
    throw new Error('broken');
  });
  await expect(build(failing)).rejects.toThrow('broken');
  expect(await inCache()).toEqual([]);
});

test('an interrupted step leaves no output and ends its commands', async () => {
  const interruption = new AbortController();
  const pidFile = path.join(folder, 'pid');
  const interrupted = stepOf(async (workshop) => {
    await write('half')(workshop);
    setTimeout(() => {
      interruption.abort(new SandglassError('cancelled', 'Stopped.'));
    }, 200);
    const script = `sleep 60 & echo $! > ${pidFile}; wait`;
    await workshop.toolbox.run('sh', ['-c', script], { signal: interruption.signal });
  });
  await expect(build(interrupted, interruption.signal)).rejects.toThrow('Stopped.');
  expect(await inCache()).toEqual([]);
  const child = (await readFile(pidFile, 'utf8')).trim();
  await expect.poll(() => processState(child)).toMatch(/gone|Z/);
});

async function processState(pid: string): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') gone');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] ?? '';
}

test('a resumable step finds its scratch files but never a half-written output', async () => {
  const outputs: string[][] = [];
  let fail = true;
  const resumable = stepOf(
    async (workshop) => {
      outputs.push(await readdir(workshop.output));
      expect(workshop.resumed).toBe(!fail);
      await writeFile(path.join(workshop.work, 'progress'), 'half');
      await write('x')(workshop);
      if (fail) throw new Error('broken');
    },
    { resumable: true },
  );
  await expect(build(resumable)).rejects.toThrow('broken');
  expect(await inCache()).toEqual([expect.stringMatching(/\.draft$/)]);
  fail = false;
  const entry = await build(resumable);
  expect(outputs).toEqual([[], []]);
  expect(await inCache()).toEqual([entry.key]);
});

test('a full disk is a plain error and leaves nothing behind', async () => {
  // every write to /dev/full fails with ENOSPC, full(4)
  for (const fill of [
    (workshop: Workshop) =>
      workshop.toolbox.run('echo', ['x'], { outputFile: '/dev/full' }).then(() => undefined),
    () => writeFile('/dev/full', 'x'),
    (workshop: Workshop) =>
      workshop.toolbox.run('sh', ['-c', 'cat /proc/version > /dev/full']).then(() => undefined),
  ]) {
    const error = await build(stepOf(fill)).then(
      () => undefined,
      (thrown: unknown) => plainFailure(thrown, folder),
    );
    expect(error?.code).toBe('resource-exhausted');
    expect(error?.message).toMatch(/^The disk is full/);
    expect(await inCache()).toEqual([]);
  }
});

test('only the newest few results of a step are kept', async () => {
  for (const input of ['a', 'b', 'c', 'd', 'e']) {
    await build(stepOf(write(input), { input }));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await inCache()).toHaveLength(3);
});

test('a refreshed step is built again under the same key', async () => {
  let text = 'old';
  const step = stepOf((workshop) => write(text)(workshop));
  const old = await build(step);
  text = 'new';
  const options = { cache, toolbox, progress: silentProgress };
  const fresh = await new Recipe({ ...options, refresh: () => true }).build(step);
  expect(fresh.key).toBe(old.key);
  expect(await readFile(path.join(fresh.output, 'file'), 'utf8')).toBe('new');
});
