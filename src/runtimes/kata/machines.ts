/** The machines that a VMM can be told to make, by the RuntimeClass handlers that want them. */
export const machines = {
  /** As QEMU's: a whole board, its BIOS, and the kernel from power-on. */
  'kata-qemu': { board: 'pc', fromTemplate: false },
  /** As Firecracker's: the kernel entered without a BIOS, and as few devices as can be. */
  'kata-fc': { board: 'minimal', fromTemplate: false },
  /** A copy of a machine that was saved as soon as its agent had come up (Kata's VM templating). */
  'kata-template': { board: 'pc', fromTemplate: true },
} as const;

export type MachineName = keyof typeof machines;

/** MiB. A template is there for each, which is why there are no others. */
export const memoryClasses = [32, 64, 128, 256];

/** Of a pod without a limit (Kata's default_memory). */
const usualMebibytes = 64;

/** What the guest's kernel, its agent and pause take. */
const ownMebibytes = 12;

/** MiB of the least machine in which so many bytes are left for containers; the largest, where none is enough. 0 is no limit. */
export function memoryClassFor(limitBytes: number): number {
  if (limitBytes === 0) return usualMebibytes;
  const wanted = ownMebibytes + limitBytes / (1 << 20);
  return memoryClasses.find((size) => size >= wanted) ?? memoryClasses.at(-1) ?? 0;
}
