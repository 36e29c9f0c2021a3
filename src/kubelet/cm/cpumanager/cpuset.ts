import { SandglassError } from '#base/errors.ts';

/** The most CPUs that Linux is built for (CONFIG_NR_CPUS of x86-64). */
const mostCpus = 8192;

/** A set of CPU numbers; its text is as cpuset(7) has it: 0-3,8. */
export class CpuSet {
  readonly #cpus: ReadonlySet<number>;

  constructor(cpus: Iterable<number> = []) {
    this.#cpus = new Set(cpus);
  }

  static parse(text: string): CpuSet {
    const cpus: number[] = [];
    for (const part of text.split(',').filter((range) => range !== '')) {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
      const first = Number(match?.[1]);
      const last = Number(match?.[2] ?? first);
      if (!match || last < first || last >= mostCpus) {
        throw new SandglassError('invalid-argument', `"${text}" is not a list of CPUs.`);
      }
      for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
    }
    return new CpuSet(cpus);
  }

  get size(): number {
    return this.#cpus.size;
  }

  has(cpu: number): boolean {
    return this.#cpus.has(cpu);
  }

  /** In order. */
  list(): number[] {
    return [...this.#cpus].sort((a, b) => a - b);
  }

  union(other: CpuSet): CpuSet {
    return new CpuSet([...this.list(), ...other.list()]);
  }

  difference(other: CpuSet): CpuSet {
    return new CpuSet(this.list().filter((cpu) => !other.has(cpu)));
  }

  intersection(other: CpuSet): CpuSet {
    return new CpuSet(this.list().filter((cpu) => other.has(cpu)));
  }

  isSubsetOf(other: CpuSet): boolean {
    return this.list().every((cpu) => other.has(cpu));
  }

  toString(): string {
    const ranges: string[] = [];
    let first: number | undefined;
    let last: number | undefined;
    const flush = () => {
      if (first === undefined || last === undefined) return;
      ranges.push(first === last ? `${first}` : `${first}-${last}`);
    };
    for (const cpu of this.list()) {
      if (last === undefined || cpu !== last + 1) {
        flush();
        first = cpu;
      }
      last = cpu;
    }
    flush();
    return ranges.join(',');
  }
}
