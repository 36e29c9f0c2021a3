import { SandglassError } from '#base/errors.ts';

/** What a cold boot loads. */
export interface BootImages {
  /** A Linux bzImage. */
  kernel: Uint8Array;
  initramfs?: Uint8Array;
  /** SeaBIOS. */
  bios: Uint8Array;
  vgaBios: Uint8Array;
}

/** Where v86 puts the initramfs, whatever the memory's size (kernel.js:48). */
const initramfsAddress = 64 << 20;
/** Where the protected-mode kernel is loaded. */
const kernelAddress = 1 << 20;

/**
 * Refuses images that v86 would take without a word and then hang on: given a kernel that it does
 * not recognise it boots the BIOS alone. Header fields: Linux, Documentation/x86/boot.rst.
 */
export function assertBootable(images: BootImages, memoryBytes: number): void {
  const { kernel, initramfs, bios } = images;
  if (kernel.length < 0x264) throw refused('The kernel image is too short to be one.');
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  if (view.getUint16(0x1fe, true) !== 0xaa55 || view.getUint32(0x202, true) !== headerMagic) {
    throw refused('The kernel image is not a Linux bzImage.');
  }
  const loadedHigh = (view.getUint8(0x211) & 1) === 1;
  if (view.getUint16(0x206, true) < 0x202 || !loadedHigh) {
    throw refused('The kernel image uses a boot protocol that v86 does not know.');
  }
  const setupBytes = ((view.getUint8(0x1f1) || 4) + 1) * 512;
  const protectedModeBytes = view.getUint32(0x1f4, true) * 16;
  // The image's last paragraph may be cut short, the checksum after it is not counted.
  if (kernel.length + 16 < setupBytes + protectedModeBytes) {
    throw refused(
      `The kernel image is cut short: ${kernel.length} bytes of ${setupBytes + protectedModeBytes}.`,
    );
  }
  if (bios.length === 0 || bios.length % 0x10000 !== 0) {
    throw refused('The BIOS image is not a multiple of 64 KiB.');
  }
  if (!initramfs) return;
  if (kernelAddress + protectedModeBytes > initramfsAddress) {
    throw refused('The kernel image reaches into where the initramfs goes, at 64 MiB.');
  }
  if (initramfsAddress + initramfs.length > memoryBytes) {
    throw refused(
      `The machine's ${memoryBytes >> 20} MiB are too small: the initramfs is loaded at 64 MiB and has ${initramfs.length} bytes.`,
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
