import type { Cpu } from '#vm/v86-internals.ts';

const wordBits = 32n;

/** The guest's TSC now, in nanoseconds: v86's runs at 1 GHz by performance.now(). */
export function readTsc(cpu: Cpu): bigint {
  cpu.store_current_tsc();
  const [low, high] = [cpu.current_tsc[0] ?? 0, cpu.current_tsc[1] ?? 0];
  return BigInt(low) | (BigInt(high) << wordBits);
}

export function writeTsc(cpu: Cpu, value: bigint): void {
  cpu.set_tsc(Number(value & 0xffff_ffffn), Number(value >> wordBits));
}

/**
 * Makes `set_tsc` set the TSC. Upstream's (cpu.rs) takes its offset from the counter that already
 * has the old offset in it, so that only the first call of a fresh CPU does what it says: setting
 * a value N leaves N plus the old offset.
 */
export function correctSetTsc(cpu: Cpu): void {
  const setTsc = cpu.set_tsc.bind(cpu);
  cpu.set_tsc = (low, high) => {
    const current = readTsc(cpu);
    // Now the counter shows the old offset, and the new one is `current`, which is known.
    setTsc(0, 0);
    const wanted = (BigInt(high >>> 0) << wordBits) | BigInt(low >>> 0);
    const correction = BigInt.asUintN(64, wanted - current);
    setTsc(Number(correction & 0xffff_ffffn), Number(correction >> wordBits));
  };
}
