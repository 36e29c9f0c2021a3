/** Samples nearer together than this, in ms, say nothing of a rate. */
const shortest = 1_000;

interface Sample {
  /** Milliseconds of the clock. */
  time: number;
  usage: bigint;
  /** Nanoseconds of CPU time a second, up to then. */
  rate: bigint | undefined;
}

/** How much of a CPU each container uses, by what it had used when it was last asked for. */
export class CpuRates {
  readonly #samples = new Map<string, Sample>();

  /** Undefined until there are two samples. */
  observe(id: string, usage: bigint, time: number): bigint | undefined {
    const last = this.#samples.get(id);
    if (last && time - last.time < shortest) return last.rate;
    const rate =
      last && usage >= last.usage
        ? BigInt(Math.round((Number(usage - last.usage) * 1000) / (time - last.time)))
        : undefined;
    this.#samples.set(id, { time, usage, rate });
    return rate;
  }

  forget(id: string): void {
    this.#samples.delete(id);
  }
}
