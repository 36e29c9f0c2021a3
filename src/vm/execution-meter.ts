import type { Cpu } from './v86-internals.ts';

export interface ExecutionFacts {
  /** Guest instructions executed since this machine was made or restored. */
  instructions: number;
  /** Of the last half second or so. */
  instructionsPerSecond: number;
  memoryBytes: number;
  /** The wasm memory: RAM, video RAM and v86's own, about 10 MiB. Never shrinks. */
  emulatorBytes: number;
  /** The CPU waits for an interrupt. */
  idle: boolean;
  /** How often the CPU was called, each time for a millisecond or more unless it was idle. */
  slices: number;
}

type CpuFacts = Omit<ExecutionFacts, 'slices'>;

/** Milliseconds between samples of the rate. */
const sampleInterval = 500;

/** Counts guest instructions: v86's own counter wraps at 2^32, in seconds. */
export class ExecutionMeter {
  #cpu: Cpu | undefined;
  #lastFacts: CpuFacts;
  #counter: number;
  #total = 0;
  #sampledTotal = 0;
  #sampledAt: number;
  #rate = 0;

  constructor(cpu: Cpu, now: number) {
    this.#cpu = cpu;
    this.#counter = cpu.instruction_counter[0] ?? 0;
    this.#sampledAt = now;
    this.#lastFacts = this.#read(cpu);
  }

  /** To be called after every slice: often enough never to miss a wrap. */
  update(now: number): void {
    const counter = this.#cpu?.instruction_counter[0] ?? 0;
    this.#total += (counter - this.#counter) >>> 0;
    this.#counter = counter;
    const elapsed = now - this.#sampledAt;
    if (elapsed < sampleInterval) return;
    this.#rate = ((this.#total - this.#sampledTotal) / elapsed) * 1000;
    this.#sampledTotal = this.#total;
    this.#sampledAt = now;
  }

  facts(): CpuFacts {
    if (this.#cpu) this.#lastFacts = this.#read(this.#cpu);
    return this.#lastFacts;
  }

  /** Lets go of the CPU; the last facts stay. */
  close(): void {
    this.#lastFacts = { ...this.facts(), emulatorBytes: 0 };
    this.#cpu = undefined;
  }

  #read(cpu: Cpu): CpuFacts {
    return {
      instructions: this.#total,
      instructionsPerSecond: Math.round(this.#rate),
      memoryBytes: cpu.memory_size[0] ?? 0,
      emulatorBytes: cpu.wasm_memory.buffer.byteLength,
      idle: cpu.in_hlt[0] === 1,
    };
  }
}
