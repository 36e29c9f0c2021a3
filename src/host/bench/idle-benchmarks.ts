import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Benchmark, type Measurement, median } from './benchmark.ts';
import type { IdleSubject } from './idle-process.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./idle-process.ts', import.meta.url));

/** Rows of a process of their own that holds something and does nothing. */
export const idleBenchmarks: Benchmark[] = [
  {
    name: 'idle-cpu',
    what: 'idle machine, share of a core over 10 s (Node)',
    unit: 'percent',
    target: 4,
    better: 'lower',
    measure: async (): Promise<Measurement> => ({
      ...(await idleShare('node')),
      reference: (await idleShare('stock-v86', 1)).value,
    }),
  },
  {
    name: 'idle-20-pods',
    what: 'idle node with 20 pods, kubelet, API server and machine, share of a core over 30 s (Node)',
    unit: 'percent',
    target: 3,
    better: 'lower',
    measure: () => idleShare('twenty-pods'),
  },
];

async function idleShare(subject: IdleSubject, runs = 3): Promise<Measurement> {
  const samples: number[] = [];
  for (let i = 0; i < runs; i++) {
    const { stdout } = await run(process.execPath, ['--import', 'tsx', script, subject], {
      timeout: 300_000,
    });
    samples.push(Number(stdout));
  }
  return { value: median(samples), samples: samples.length };
}
