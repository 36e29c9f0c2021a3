import { expect, it } from 'vitest';
import type { Cpu } from '#vm/v86-internals.ts';
import { restoreKeepingRegisterViews } from './register-views.ts';

it('writes restored registers into wasm memory and keeps the views of it', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const views = {
    last_result: new Int32Array(memory.buffer, 112, 1),
    fpu_status_word: new Uint16Array(memory.buffer, 1040, 1),
    mxcsr: new Int32Array(memory.buffer, 824, 1),
  };
  const cpu = { ...views } as unknown as Cpu;
  restoreKeepingRegisterViews(cpu, () => {
    // What cpu.js does in set_state.
    cpu.last_result = Int32Array.of(-5);
    cpu.fpu_status_word = Uint16Array.of(0x3800);
    cpu.mxcsr = Int32Array.of(0x7f80);
  });
  expect(new Int32Array(memory.buffer, 112, 1)[0]).toBe(-5);
  expect(new Uint16Array(memory.buffer, 1040, 1)[0]).toBe(0x3800);
  expect(new Int32Array(memory.buffer, 824, 1)[0]).toBe(0x7f80);
  expect(cpu.last_result).toBe(views.last_result);
  expect(cpu.fpu_status_word).toBe(views.fpu_status_word);
  expect(cpu.mxcsr).toBe(views.mxcsr);
});
