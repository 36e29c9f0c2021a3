/** One row of the benchmark table. */
export interface Benchmark {
  name: string;
  /** What is measured, in a line of the table. */
  what: string;
  unit: 'ms' | 'MB/s' | 'percent' | 'bytes' | 'kB' | 'frames/s';
  target: number;
  better: 'lower' | 'higher';
  measure: () => Promise<Measurement>;
}

export interface Measurement {
  /** The median of the samples, or the share that the row names (p95). */
  value: number;
  samples: number;
  /** The same of stock v86 with Debian's own kernel, measured in this run, where it makes sense. */
  reference?: number;
}

export interface BenchmarkResult extends Measurement {
  benchmark: Benchmark;
}

export function meetsTarget({ value, benchmark }: BenchmarkResult): boolean {
  return benchmark.better === 'lower' ? value <= benchmark.target : value >= benchmark.target;
}

/** The value below which `share` (0 to 1) of the samples lie; the nearest rank. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[rank] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
