import { describe, expect, it } from 'vitest';
import type { Cpu } from '#vm/v86-internals.ts';
import { surviveFailedCompiles } from './jit-compile.ts';

/** (module (func (export "f"))) */
const emptyFunction = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0, 10, 4, 1, 2, 0, 11],
);

function fakeCpu(code: Uint8Array) {
  const calls: string[] = [];
  const failures: unknown[] = [];
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).set(code, 64);
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1030 });
  const cpu = {
    wasm_memory: memory,
    wm: { wasm_table: table },
    jit_imports: {},
    jit_clear_cache: () => calls.push('clear'),
    set_jit_config: (index: number, value: number) => calls.push(`config ${index}=${value}`),
    codegen_finalize_finished: (...args: number[]) => calls.push(`finished ${args.join(' ')}`),
  } as unknown as Cpu;
  surviveFailedCompiles(cpu, (error) => failures.push(error));
  const compile = async () => {
    cpu.codegen_finalize(2, 0x1000, 7, 64, code.length);
    const before = calls.length;
    while (calls.length === before || !calls.at(-1)?.match(/finished|config/)) {
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  return { calls, failures, table, compile };
}

describe('surviveFailedCompiles', () => {
  it('puts a compiled block into the table, as upstream does', async () => {
    const { calls, failures, table, compile } = fakeCpu(emptyFunction);
    await compile();
    expect(table.get(1024 + 2)).toBeTypeOf('function');
    expect(calls).toEqual(['finished 2 4096 7']);
    expect(failures).toEqual([]);
  });

  it('reports a refused block and tells the JIT that it has ended', async () => {
    const { calls, failures, table, compile } = fakeCpu(Uint8Array.of(1, 2, 3));
    await compile();
    expect(calls).toEqual(['clear', 'finished 2 4096 7']);
    expect(failures).toHaveLength(1);
    expect(table.get(1024 + 2)).toBeNull();
  });

  it('leaves everything to the interpreter after many refusals', async () => {
    const { calls, compile } = fakeCpu(Uint8Array.of(1, 2, 3));
    for (let i = 0; i < 16; i++) await compile();
    expect(calls.filter((call) => call.startsWith('config'))).toEqual(['config 0=1']);
  });
});
