/**
 * main.ts [NAME …] [--json FILE]: measures the rows of the table, or those named, and prints them
 * beside their targets. How each is measured stands in docs/measuring.md.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import '#host/listener-limit.ts';
import type { Benchmark, BenchmarkResult } from './benchmark.ts';
import { checkpointBenchmarks } from './checkpoint-benchmarks.ts';
import { clusterBenchmarks } from './cluster-benchmarks.ts';
import { idleBenchmarks } from './idle-benchmarks.ts';
import { kataBenchmarks } from './kata-benchmarks.ts';
import { lessonBenchmarks } from './lesson-benchmarks.ts';
import { nodeBenchmarks } from './node-benchmarks.ts';
import { pageBenchmarks } from './page-benchmarks.ts';
import { podBenchmarks } from './pod-benchmarks.ts';
import { formatTable, toJson } from './report.ts';
import { xrayBenchmarks } from './xray-benchmarks.ts';

const all: Benchmark[] = [
  ...pageBenchmarks(),
  ...lessonBenchmarks(),
  ...podBenchmarks(),
  ...checkpointBenchmarks(),
  ...nodeBenchmarks(),
  ...clusterBenchmarks(),
  ...idleBenchmarks,
  ...kataBenchmarks(),
  ...xrayBenchmarks(),
];

function chosen(names: readonly string[]): Benchmark[] {
  if (names.length === 0) return all;
  return names.map((name) => {
    const benchmark = all.find((candidate) => candidate.name === name);
    if (benchmark) return benchmark;
    throw new SandglassError(
      'invalid-argument',
      `There is no benchmark ${name}. There are: ${all.map((b) => b.name).join(', ')}.`,
    );
  });
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string' } },
  });
  const results: BenchmarkResult[] = [];
  for (const benchmark of chosen(positionals)) {
    process.stderr.write(`${benchmark.name} …\n`);
    results.push({ benchmark, ...(await benchmark.measure()) });
  }
  console.log(formatTable(results));
  console.log(`On ${availableParallelism()} cores, Node ${process.versions.node}.`);
  console.log(
    'Medians of the samples, of the rows that say so their p95; docs/measuring.md says from when to when.',
  );
  if (values.json) await writeFile(values.json, toJson(results));
  process.exit(0);
} catch (error) {
  console.error(asSandglassError(error).message);
  process.exit(1);
}
