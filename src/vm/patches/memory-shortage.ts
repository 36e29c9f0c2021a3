import { SandglassError } from '#base/errors.ts';
import type { Cpu } from '#vm/v86-internals.ts';

/**
 * v86 asks its allocator for the guest's memory and takes what it says for an address, also the 0
 * that means no; the guest would then be laid over the emulator's own data.
 */
export function refuseWithoutMemory(cpu: Pick<Cpu, 'allocate_memory'>): void {
  const allocate = cpu.allocate_memory.bind(cpu);
  cpu.allocate_memory = (bytes) => {
    const address = attempt(() => allocate(bytes));
    if (typeof address === 'number' && address !== 0) return address;
    throw new SandglassError(
      'resource-exhausted',
      `There is not enough memory here for a machine with ${bytes >> 20} MB.`,
      { cause: address },
    );
  };
}

/** An allocator that gives up traps. */
function attempt(allocate: () => number): unknown {
  try {
    return allocate();
  } catch (trap) {
    return trap;
  }
}
