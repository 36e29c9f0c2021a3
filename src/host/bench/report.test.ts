import { describe, expect, it } from 'vitest';
import { type Benchmark, percentile } from './benchmark.ts';
import { formatTable, toJson } from './report.ts';

const benchmark = (overrides: Partial<Benchmark>): Benchmark => ({
  name: 'agent-rtt',
  what: 'agent round trip, p50',
  unit: 'ms',
  target: 1,
  better: 'lower',
  measure: () => Promise.reject(new Error('not measured here')),
  ...overrides,
});

describe('the benchmark report', () => {
  it('takes percentiles by nearest rank', () => {
    const samples = [5, 1, 4, 2, 3];
    expect(percentile(samples, 0.5)).toBe(3);
    expect(percentile(samples, 0.95)).toBe(5);
    expect(percentile([7], 0.5)).toBe(7);
  });

  it('says which targets were met, in the direction of each', () => {
    const table = formatTable([
      { benchmark: benchmark({}), value: 2, samples: 5 },
      {
        benchmark: benchmark({ unit: 'MB/s', target: 8, better: 'higher' }),
        value: 9,
        samples: 5,
        reference: 3,
      },
    ]);
    const [, slow, fast] = table.split('\n');
    expect(slow).toContain('MISSED');
    expect(fast).toMatch(/9\.0 MB\/s.*≥ 8\.0 MB\/s.*met.*3\.0 MB\/s/);
  });

  it('writes exactly the agreed JSON', () => {
    expect(JSON.parse(toJson([{ benchmark: benchmark({}), value: 0.5, samples: 3 }]))).toEqual({
      benchmarks: [{ name: 'agent-rtt', value: 0.5, unit: 'ms', target: 1, better: 'lower' }],
    });
  });
});
