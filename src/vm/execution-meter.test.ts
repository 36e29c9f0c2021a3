import { expect, it } from 'vitest';
import { ExecutionMeter } from './execution-meter.ts';
import type { Cpu } from './v86-internals.ts';

it('counts across the wrap of v86’s counter, and keeps its last facts', () => {
  const counter = Uint32Array.of(0xffff_fff0);
  const cpu = {
    instruction_counter: counter,
    memory_size: [1 << 20],
    in_hlt: [1],
    wasm_memory: { buffer: new ArrayBuffer(16) },
  } as unknown as Cpu;
  const meter = new ExecutionMeter(cpu, 0);
  counter[0] = 0x10;
  meter.update(100);
  expect(meter.facts()).toMatchObject({ instructions: 0x20, instructionsPerSecond: 0, idle: true });
  counter[0] = 0x10 + 968;
  meter.update(500);
  expect(meter.facts()).toMatchObject({ instructions: 1000, instructionsPerSecond: 2000 });
  meter.close();
  expect(meter.facts()).toMatchObject({ instructions: 1000, emulatorBytes: 0 });
});
