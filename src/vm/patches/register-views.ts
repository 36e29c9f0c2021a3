import type { Cpu } from '#vm/v86-internals.ts';

/**
 * Restores a state and repairs what v86 breaks on the way: `set_state` (cpu.js:757–759) assigns
 * `last_result`, `fpu_status_word` and `mxcsr` instead of writing through their views of wasm
 * memory. The CPU would go on with stale lazy flags, and every later save would store them.
 */
export function restoreKeepingRegisterViews(cpu: Cpu, restore: () => void): void {
  const { last_result, fpu_status_word, mxcsr } = cpu;
  restore();
  last_result[0] = cpu.last_result[0] ?? 0;
  fpu_status_word[0] = cpu.fpu_status_word[0] ?? 0;
  mxcsr[0] = cpu.mxcsr[0] ?? 0;
  Object.assign(cpu, { last_result, fpu_status_word, mxcsr });
}
