/**
 * Runs the tests. `npm test` runs a few of everything slow; `npm run test:full` runs everything, one
 * shard a test file, remembers what passed on exactly this tree, and goes on there when it is run again.
 *
 *   tsx test/run.ts [--full] [--again] [--shard N/M]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

interface Count {
  passed: number;
  failed: number;
}

interface Shard {
  name: string;
  run: () => Count;
}

const { values: options } = parseArgs({
  options: {
    full: { type: 'boolean' },
    again: { type: 'boolean' },
    shard: { type: 'string' },
  },
});

const resultsDirectory = 'test-results';
const recordFile = path.join(resultsDirectory, 'full.json');
mkdirSync(resultsDirectory, { recursive: true });

function command(name: string, ...words: [string, ...string[]]): Shard {
  return {
    name,
    run: () => {
      const [program, ...args] = words;
      const { status } = spawnSync(program, args, { stdio: 'inherit' });
      return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    },
  };
}

/** Runs vitest on a project, or on some files of it, and counts tests. */
function tests(name: string, project: string, ...files: string[]): Shard {
  return {
    name,
    run: () => {
      const report = path.join(resultsDirectory, 'vitest.json');
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
      writeFileSync(report, '');
      const { status } = spawnSync(
        'npx',
        ['vitest', 'run', '--project', project, ...reporters, ...files],
        {
          stdio: 'inherit',
        },
      );
      const text = readFileSync(report, 'utf8');
      if (text === '') return { passed: 0, failed: 1 };
      const { numPassedTests, numFailedTests } = JSON.parse(text) as Record<string, number>;
      const failed = Math.max(numFailedTests ?? 0, status === 0 ? 0 : 1);
      return { passed: numPassedTests ?? 0, failed };
    },
  };
}

/** The test files of a folder; those named `*.full.test.ts` belong to the full run only. */
function testFiles(folder: string): string[] {
  const listing = spawnSync('git', ['ls-files', '-co', '--exclude-standard', folder], {
    encoding: 'utf8',
  });
  return listing.stdout
    .split('\n')
    .filter((file) => file.endsWith('.test.ts') && existsSync(file))
    .filter((file) => options.full || !file.endsWith('.full.test.ts'))
    .sort();
}

/** What every run begins with, in whatever shard. */
const preparation: Shard[] = [
  command('tools', 'npx', 'tsx', 'test/install-tools.ts'),
  command('types', 'npm', 'run', '--silent', 'typecheck'),
  command('lint', 'npm', 'run', '--silent', 'lint'),
  command('build', 'npm', 'run', '--silent', 'build'),
  tests('unit', 'unit'),
];

function slowShards(): Shard[] {
  const machine = testFiles('test/machine');
  const browser = testFiles('test/browser');
  if (!options.full) {
    return [tests('machine', 'machine', ...machine), tests('browser', 'browser', ...browser)];
  }
  return [
    ...machine.map((file) => tests(file, 'machine', file)),
    ...browser.map((file) => tests(file, 'browser', file)),
  ].filter((_shard, index) => inShard(index));
}

/** A digest of every file that git knows or would add, so that a record is worth something only for this tree. */
function treeDigest(): string {
  const listing = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
    encoding: 'utf8',
  }).stdout;
  const digest = createHash('sha256');
  for (const file of listing
    .split('\n')
    .filter((name) => name !== '' && existsSync(name))
    .sort()) {
    digest.update(file).update('\0').update(readFileSync(file)).update('\0');
  }
  return digest.digest('hex');
}

interface FullRecord {
  tree: string;
  passed: Record<string, number>;
}

function loadRecord(tree: string): FullRecord {
  if (!options.again && existsSync(recordFile)) {
    const record = JSON.parse(readFileSync(recordFile, 'utf8')) as FullRecord;
    if (record.tree === tree) return record;
  }
  return { tree, passed: {} };
}

/** `N/M`: every M-th shard from the N-th on; the preparation always runs. */
function inShard(index: number): boolean {
  if (!options.shard) return true;
  const [number = 1, of = 1] = options.shard.split('/').map(Number);
  return index % of === number - 1;
}

const record = loadRecord(options.full ? treeDigest() : '');
const total: Count = { passed: 0, failed: 0 };
const failedShards: string[] = [];
const started = performance.now();
for (const shard of [...preparation, ...slowShards()]) {
  const before = record.passed[shard.name];
  // What was built may be gone although the tree is the same.
  if (before !== undefined && shard.name !== 'build') {
    console.log(`\n── ${shard.name}: ${before} passed before on this tree`);
    total.passed += before;
    continue;
  }
  const begin = performance.now();
  console.log(`\n── ${shard.name}`);
  const { passed, failed } = shard.run();
  console.log(`── ${shard.name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) failedShards.push(shard.name);
  else if (options.full) {
    record.passed[shard.name] = passed;
    writeFileSync(recordFile, JSON.stringify(record));
  }
}
console.log(`\nTook ${((performance.now() - started) / 1000).toFixed(0)} s.`);
if (failedShards.length > 0) console.log(`Failed: ${failedShards.join(', ')}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed > 0 ? 1 : 0);
