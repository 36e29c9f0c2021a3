/**
 * Runs the tests. `npm test` runs a few of everything slow; `npm run test:full` runs everything, one
 * shard a test file, remembers what passed on exactly this tree, and goes on there when it is run again.
 *
 *   tsx test/run.ts [--full] [--again] [--shard N/M] [--only SHARD]...
 *
 * A skipped test is a failure where nothing keeps this process from running it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { asSandglassError, SandglassError } from '#base/errors.ts';
import { FullRecord, gitFiles, resultsDirectory } from './full-record.ts';
import { missingProcessEvents } from './privileges.ts';
import type { Tally } from './tally-reporter.ts';
import { foretellSkips } from './tools.ts';

interface Shard {
  name: string;
  run: () => Promise<Tally>;
}

/** Why tests may be skipped here; undefined where all can run. */
const excuse = missingProcessEvents;
let running: ChildProcess | undefined;

/** Runs a command to its end; whether it succeeded. Its process group ends with this process. */
async function succeeds(program: string, args: string[], env = process.env): Promise<boolean> {
  running = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true, env });
  const [code] = (await once(running, 'close')) as [number | null];
  running = undefined;
  return code === 0;
}

function command(name: string, program: string, ...args: string[]): Shard {
  return {
    name,
    async run() {
      const passed = await succeeds(program, args);
      return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: [] };
    },
  };
}

/** Runs vitest on a project, or on some files of it, and counts tests. */
function tests(name: string, project: string, ...files: string[]): Shard {
  return {
    name,
    async run() {
      const report = path.join(resultsDirectory, 'tally.json');
      rmSync(report, { force: true });
      const reporters = ['--reporter=default', '--reporter=./test/tally-reporter.ts'];
      const passed = await succeeds(
        'npx',
        ['vitest', 'run', '--project', project, ...reporters, ...files],
        { ...process.env, SANDGLASS_TALLY: report },
      );
      if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [] };
      const tally = JSON.parse(readFileSync(report, 'utf8')) as Tally;
      // vitest also fails for what no test is to blame for
      return { ...tally, failed: Math.max(tally.failed, passed ? 0 : 1) };
    },
  };
}

/** The test files of a folder; those named `*.full.test.ts` belong to the full run only. */
function testFiles(folder: string, full: boolean): string[] {
  return gitFiles(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => full || !file.endsWith('.full.test.ts'));
}

/** What every run begins with, in whatever shard. */
const preparation: readonly Shard[] = [
  command('tools', 'npx', 'tsx', 'test/install-tools.ts'),
  command('types', 'npm', 'run', '--silent', 'typecheck'),
  command('lint', 'npm', 'run', '--silent', 'lint'),
  command('build', 'npm', 'run', '--silent', 'build'),
  tests('unit', 'unit'),
];

function slowShards(full: boolean): Shard[] {
  const folders = { machine: ['machine', 'cri', 'kubernetes'], browser: ['browser'] };
  return Object.entries(folders).flatMap(([project, names]) => {
    const files = names.flatMap((name) => testFiles(`test/${name}`, full));
    return full
      ? files.map((file) => tests(file, project, file))
      : [tests(project, project, ...files)];
  });
}

/** `N/M`: every M-th shard from the N-th on. */
function inShard(shard: string | undefined): (value: unknown, index: number) => boolean {
  if (shard === undefined) return () => true;
  const [number = 0, of = 0] = shard.split('/').map(Number);
  if (Number.isInteger(number) && number >= 1 && number <= of) {
    return (_value, index) => index % of === number - 1;
  }
  throw new SandglassError(
    'invalid-argument',
    `--shard takes N/M with N from 1 to M, not ${shard}.`,
  );
}

function chooseShards(options: ReturnType<typeof readOptions>): Shard[] {
  const { full = false, only, shard } = options;
  if (shard !== undefined && !full) {
    throw new SandglassError('invalid-argument', '--shard goes with --full.');
  }
  const all = [...preparation, ...slowShards(full).filter(inShard(shard))];
  const unknown = only?.find((name) => !all.some((candidate) => candidate.name === name));
  if (unknown !== undefined) {
    const names = all.map(({ name }) => name).join(', ');
    throw new SandglassError('invalid-argument', `There is no shard ${unknown}, only ${names}.`);
  }
  return only ? all.filter(({ name }) => only.includes(name)) : all;
}

function readOptions() {
  return parseArgs({
    options: {
      full: { type: 'boolean' },
      again: { type: 'boolean' },
      shard: { type: 'string' },
      only: { type: 'string', multiple: true },
    },
  }).values;
}

function seconds(since: number, digits: number): string {
  return `${((performance.now() - since) / 1000).toFixed(digits)} s`;
}

async function runShard(shard: Shard): Promise<Tally> {
  const begin = performance.now();
  console.log(`\n── ${shard.name}`);
  const tally = await shard.run();
  console.log(`── ${shard.name}: ${seconds(begin, 1)}`);
  return tally;
}

/** What was built may be gone although the tree is the same. */
const runsAgain = (shard: Shard) => shard.name === 'build';

async function runAll(shards: readonly Shard[], record: FullRecord | undefined): Promise<boolean> {
  const total: Tally = { passed: 0, failed: 0, skipped: [] };
  const failedShards: string[] = [];
  const started = performance.now();
  for (const shard of shards) {
    const before = record?.passedBefore(shard.name);
    if (before !== undefined && !runsAgain(shard)) {
      console.log(`\n── ${shard.name}: ${before} passed before on this tree`);
      total.passed += before;
      continue;
    }
    const tally = await runShard(shard);
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped.push(...tally.skipped);
    if (tally.failed > 0) failedShards.push(shard.name);
    else if (tally.skipped.length === 0) record?.add(shard.name, tally.passed);
  }
  console.log(`\nTook ${seconds(started, 0)}.`);
  const skipped = total.skipped.reduce((sum, entry) => sum + entry.tests, 0);
  for (const { file, tests: count, reason } of total.skipped) {
    console.log(`Skipped ${count} of ${file}: ${reason}`);
  }
  if (failedShards.length > 0) console.log(`Failed: ${failedShards.join(', ')}`);
  const isExcused = skipped === 0 || excuse !== undefined;
  if (!isExcused) console.log('On this machine no test may be skipped.');
  console.log(`${total.passed} passed, ${total.failed} failed, ${skipped} skipped`);
  return total.failed === 0 && isExcused;
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (running?.pid !== undefined) process.kill(-running.pid, 'SIGTERM');
    console.log('\nStopped.');
    process.exit(130);
  });
}
try {
  const options = readOptions();
  const shards = chooseShards(options);
  mkdirSync(resultsDirectory, { recursive: true });
  if (excuse !== undefined) console.log(await foretellSkips(excuse));
  const record = options.full ? FullRecord.open({ again: options.again ?? false }) : undefined;
  process.exitCode = (await runAll(shards, record)) ? 0 : 1;
} catch (error) {
  console.error(asSandglassError(error).message);
  process.exitCode = 2;
}
