import { SandglassError } from '#base/errors.ts';

/** What a cold boot loads. */
export interface BootImages {
  /** A Linux bzImage. */
  kernel: Uint8Array;
  initramfs?: Uint8Array;
  /** SeaBIOS; without it the kernel is entered at once. */
  firmware: { bios: Uint8Array; vgaBios: Uint8Array } | undefined;
}

/** Where v86 loads the protected-mode kernel. */
export const kernelAddress = 1 << 20;
const pageBytes = 4096;
/** What SeaBIOS keeps for itself at the end of memory (src/config.h, BUILD_MAX_HIGHTABLE), and then some. */
const firmwareBytes = 512 << 10;

/** What a kernel's header says of where it goes: Linux, Documentation/x86/boot.rst. */
export function kernelLayout(kernel: Uint8Array): { setupBytes: number; end: number } {
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  const setupBytes = ((view.getUint8(0x1f1) || 4) + 1) * 512;
  const loaded = kernelAddress + view.getUint32(0x1f4, true) * 16;
  // Where it unpacks itself, from protocol 2.10 on, and what it needs there before it knows of its memory.
  const unpacked = view.getUint32(0x258, true) + view.getUint32(0x260, true);
  return { setupBytes, end: Math.max(loaded, unpacked) };
}

/**
 * Behind all that the kernel needs to unpack itself. v86 itself would put it at 64 MiB, whatever the memory's size
 * (kernel.js:48), which is more than a small machine has.
 */
export function initramfsAddress(kernel: Uint8Array): number {
  return Math.ceil(kernelLayout(kernel).end / pageBytes) * pageBytes;
}

/**
 * Refuses images that v86 would take without a word and then hang on: given a kernel that it does
 * not recognise it boots the BIOS alone. Header fields: Linux, Documentation/x86/boot.rst.
 */
export function assertBootable(images: BootImages, memoryBytes: number): void {
  const { kernel, initramfs, firmware } = images;
  if (kernel.length < 0x264) throw refused('The kernel image is too short to be one.');
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  if (view.getUint16(0x1fe, true) !== 0xaa55 || view.getUint32(0x202, true) !== headerMagic) {
    throw refused('The kernel image is not a Linux bzImage.');
  }
  const loadedHigh = (view.getUint8(0x211) & 1) === 1;
  if (view.getUint16(0x206, true) < 0x202 || !loadedHigh) {
    throw refused('The kernel image uses a boot protocol that v86 does not know.');
  }
  const { setupBytes } = kernelLayout(kernel);
  const protectedModeBytes = view.getUint32(0x1f4, true) * 16;
  // The image's last paragraph may be cut short, the checksum after it is not counted.
  if (kernel.length + 16 < setupBytes + protectedModeBytes) {
    throw refused(
      `The kernel image is cut short: ${kernel.length} bytes of ${setupBytes + protectedModeBytes}.`,
    );
  }
  if (firmware && (firmware.bios.length === 0 || firmware.bios.length % 0x10000 !== 0)) {
    throw refused('The BIOS image is not a multiple of 64 KiB.');
  }
  const end = initramfsAddress(kernel) + (initramfs?.length ?? 0) + firmwareBytes;
  if (end > memoryBytes) {
    throw refused(
      `The machine's ${memoryBytes >> 20} MiB are too small: with its kernel and its initramfs it needs ${Math.ceil(end / (1 << 20))}.`,
    );
  }
}

/** `HdrS` */
const headerMagic = 0x53726448;

/** A buffer of its own for v86, which writes into the kernel's and reads it in 32-bit words. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array((bytes.length + 3) & ~3);
  copy.set(bytes);
  return copy.buffer;
}

function refused(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}
