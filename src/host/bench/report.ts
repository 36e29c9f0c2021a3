import { type BenchmarkResult, meetsTarget } from './benchmark.ts';

/** The table that a person reads. */
export function formatTable(results: readonly BenchmarkResult[]): string {
  const header = ['benchmark', 'what', 'measured', 'target', '', 'stock v86', 'samples'];
  const rows = results.map((result) => {
    const { benchmark, value, samples, reference } = result;
    const sign = benchmark.better === 'lower' ? '≤' : '≥';
    return [
      benchmark.name,
      benchmark.what,
      formatValue(value, benchmark.unit),
      `${sign} ${formatValue(benchmark.target, benchmark.unit)}`,
      meetsTarget(result) ? 'met' : 'MISSED',
      reference === undefined ? '–' : formatValue(reference, benchmark.unit),
      String(samples),
    ];
  });
  const table = [header, ...rows];
  const widths = header.map((_, column) =>
    Math.max(...table.map((row) => (row[column] ?? '').length)),
  );
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What `--json` writes. */
export function toJson(results: readonly BenchmarkResult[]): string {
  const benchmarks = results.map(({ benchmark: { name, unit, target, better }, value }) => ({
    name,
    value,
    unit,
    target,
    better,
  }));
  return `${JSON.stringify({ benchmarks }, undefined, 2)}\n`;
}

function formatValue(value: number, unit: string): string {
  if (unit === 'bytes') return `${(value / 1e6).toFixed(2)} MB`;
  if (unit === 'percent') return `${value.toFixed(1)} %`;
  if (unit === 'ms') return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  return `${value.toFixed(1)} ${unit}`;
}
