import type { Cpu } from '#vm/v86-internals.ts';

/** cpu.js: WASM_TABLE_OFFSET, where compiled blocks start in the table. */
const tableOffset = 1024;
/** jit.rs: set_jit_config(0, 1) leaves everything to the interpreter. */
const disableJit = 0;
/** A browser that refuses this many modules refuses them all, say for want of memory. */
const failuresBeforeGivingUp = 16;

/**
 * Replaces `codegen_finalize` (cpu.js). Upstream's lets a rejected compile go unhandled, which
 * ends Node, and leaves `compiling` set in jit.rs: nothing would ever be compiled again, and the
 * machine would crawl on in the interpreter without a word.
 */
export function surviveFailedCompiles(cpu: Cpu, onFailure: (error: unknown) => void): void {
  let failures = 0;
  cpu.codegen_finalize = (tableIndex, start, stateFlags, pointer, length) => {
    const code = new Uint8Array(cpu.wasm_memory.buffer, pointer >>> 0, length >>> 0);
    const finish = () => {
      cpu.codegen_finalize_finished(tableIndex, start, stateFlags);
    };
    WebAssembly.instantiate(code, { e: cpu.jit_imports }).then(
      ({ instance }) => {
        cpu.wm.wasm_table.set(tableIndex + tableOffset, instance.exports['f']);
        finish();
      },
      (error: unknown) => {
        failures++;
        // Marks the page that was being compiled as overwritten, so that finishing it only
        // frees its slot (jit.rs, CompilingWritten) instead of calling into an empty one.
        cpu.jit_clear_cache();
        finish();
        if (failures === failuresBeforeGivingUp) cpu.set_jit_config(disableJit, 1);
        onFailure(error);
      },
    );
  };
}
