import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Benchmark, type Measurement, median } from './benchmark.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./idle-process.ts', import.meta.url));

export const idleBenchmark: Benchmark = {
  name: 'idle-cpu',
  what: 'idle machine, share of a core over 10 s (Node)',
  unit: 'percent',
  target: 4,
  better: 'lower',
  measure: async (): Promise<Measurement> => {
    const samples: number[] = [];
    for (let i = 0; i < 3; i++) samples.push(await idleShare('ours'));
    return { value: median(samples), samples: samples.length, reference: await idleShare('stock') };
  },
};

async function idleShare(machine: 'ours' | 'stock'): Promise<number> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', script, machine], {
    timeout: 120_000,
  });
  return Number(stdout);
}
