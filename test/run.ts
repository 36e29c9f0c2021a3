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
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Deferred } from '#base/deferred.ts';
import { asSandglassError, SandglassError } from '#base/errors.ts';
import { FullRecord, gitFiles, resultsDirectory } from './full-record.ts';
import { missingProcessEvents } from './privileges.ts';
import type { Tally } from './tally-reporter.ts';
import { foretellSkips } from './tools.ts';

interface Shard {
  name: string;
  /** Whether it runs beside the others, its output shown when it has ended. */
  beside?: boolean;
  /** The shard that has to have ended before. */
  after?: string;
  run: (output: Output) => Promise<Tally>;
}

/** Where a shard's output goes: as it comes, or into an open file. */
type Output = 'inherit' | number;

/** Why tests may be skipped here; undefined where all can run. */
const excuse = missingProcessEvents;
const running = new Set<ChildProcess>();

/** Runs a command to its end; whether it succeeded. Its process group ends with this process. */
async function succeeds(
  program: string,
  args: string[],
  { env = process.env, output }: { env?: NodeJS.ProcessEnv; output: Output },
): Promise<boolean> {
  const child = spawn(program, args, { stdio: ['ignore', output, output], detached: true, env });
  running.add(child);
  const [code] = (await once(child, 'close')) as [number | null];
  running.delete(child);
  return code === 0;
}

function command(name: string, program: string, ...args: string[]): Shard {
  return {
    name,
    async run(output) {
      const passed = await succeeds(program, args, { output });
      return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: [] };
    },
  };
}

/** Runs vitest on a project, or on some files of it, and counts tests. */
function tests(name: string, project: string, ...files: string[]): Shard {
  return {
    name,
    async run(output) {
      const report = path.join(resultsDirectory, `${fileNameOf(name)}.json`);
      rmSync(report, { force: true });
      const reporters = ['--reporter=default', '--reporter=./test/tally-reporter.ts'];
      const passed = await succeeds(
        'npx',
        ['vitest', 'run', '--project', project, ...reporters, ...files],
        { env: { ...process.env, SANDGLASS_TALLY: report }, output },
      );
      if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [] };
      const tally = JSON.parse(readFileSync(report, 'utf8')) as Tally;
      // vitest also fails for what no test is to blame for
      return { ...tally, failed: Math.max(tally.failed, passed ? 0 : 1) };
    },
  };
}

const fileNameOf = (shard: string) => shard.replaceAll('/', '-');

/** The test files of a folder; those named `*.full.test.ts` belong to the full run only. */
function testFiles(folder: string, full: boolean): string[] {
  return gitFiles(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => full || !file.endsWith('.full.test.ts'));
}

/** What every run begins with, in whatever shard. */
const preparation: readonly Shard[] = [
  command('tools', 'npx', 'tsx', 'test/install-tools.ts'),
  { ...command('types', 'npm', 'run', '--silent', 'typecheck'), beside: true },
  { ...command('lint', 'npm', 'run', '--silent', 'lint'), beside: true },
  command('build', 'npm', 'run', '--silent', 'build'),
  tests('unit', 'unit'),
];

function slowShards(full: boolean): Shard[] {
  const folders = { machine: ['machine', 'cri', 'kubernetes', 'lessons'], browser: ['browser'] };
  return Object.entries(folders).flatMap(([project, names]) => {
    const files = names.flatMap((name) => testFiles(`test/${name}`, full));
    const shards = full
      ? files.map((file) => tests(file, project, file))
      : [tests(project, project, ...files)];
    return project === 'browser'
      ? shards.map((shard) => ({ ...shard, beside: true, after: 'build' }))
      : shards;
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
  if (!shard.beside) {
    console.log(`\n── ${shard.name}`);
    const tally = await shard.run('inherit');
    console.log(`── ${shard.name}: ${seconds(begin, 1)}`);
    return tally;
  }
  const log = path.join(resultsDirectory, `${fileNameOf(shard.name)}.log`);
  const output = openSync(log, 'w');
  const tally = await shard.run(output).finally(() => closeSync(output));
  console.log(`\n── ${shard.name}, beside: ${seconds(begin, 1)}\n${readFileSync(log, 'utf8')}`);
  return tally;
}

/** What was built may be gone although the tree is the same. */
const runsAgain = (shard: Shard) => shard.name === 'build';

/** What all shards have come to. */
class Results {
  readonly total: Tally = { passed: 0, failed: 0, skipped: [] };
  readonly failed: string[] = [];
  readonly #record: FullRecord | undefined;

  constructor(record: FullRecord | undefined) {
    this.#record = record;
  }

  async run(shard: Shard): Promise<void> {
    const before = this.#record?.passedBefore(shard.name);
    if (before !== undefined && !runsAgain(shard)) {
      console.log(`\n── ${shard.name}: ${before} passed before on this tree`);
      this.total.passed += before;
      return;
    }
    const tally = await runShard(shard);
    this.total.passed += tally.passed;
    this.total.failed += tally.failed;
    this.total.skipped.push(...tally.skipped);
    if (tally.failed > 0) this.failed.push(shard.name);
    else if (tally.skipped.length === 0) this.#record?.add(shard.name, tally.passed);
  }

  /** Prints them; whether all is well. */
  conclude(): boolean {
    const skipped = this.total.skipped.reduce((sum, entry) => sum + entry.tests, 0);
    for (const { file, tests: count, reason } of this.total.skipped) {
      console.log(`Skipped ${count} of ${file}: ${reason}`);
    }
    if (this.failed.length > 0) console.log(`Failed: ${this.failed.join(', ')}`);
    const isExcused = skipped === 0 || excuse !== undefined;
    if (!isExcused) console.log('On this machine no test may be skipped.');
    console.log(`${this.total.passed} passed, ${this.total.failed} failed, ${skipped} skipped`);
    return this.total.failed === 0 && isExcused;
  }
}

async function runAll(shards: readonly Shard[], record: FullRecord | undefined): Promise<boolean> {
  const results = new Results(record);
  const started = performance.now();
  const ends = new Map(shards.map(({ name }) => [name, new Deferred<undefined>()]));
  const runInTurn = async (some: readonly Shard[]) => {
    for (const shard of some) {
      await ends.get(shard.after ?? '')?.promise;
      await results.run(shard);
      ends.get(shard.name)?.resolve(undefined);
    }
  };
  // Two cores: what looks at the sources, and then the browser, has one of them, the rest the other.
  await Promise.all([
    runInTurn(shards.filter(({ beside }) => beside)),
    runInTurn(shards.filter(({ beside }) => !beside)),
  ]);
  console.log(`\nTook ${seconds(started, 0)}.`);
  return results.conclude();
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    for (const { pid } of running) if (pid !== undefined) process.kill(-pid, 'SIGTERM');
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
