import { describe, expect, it } from 'vitest';
import { type BootImages, assertBootable, ownBuffer } from './kernel-image.ts';

const memory = 128 << 20;

/** A bzImage's header and nothing in it. */
function images(change: (view: DataView) => void = () => undefined): BootImages {
  const kernel = new Uint8Array(1024 + 4096);
  const view = new DataView(kernel.buffer);
  view.setUint8(0x1f1, 1);
  view.setUint32(0x1f4, 4096 / 16, true);
  view.setUint16(0x1fe, 0xaa55, true);
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, 0x20f, true);
  view.setUint8(0x211, 1);
  change(view);
  const firmware = { bios: new Uint8Array(0x20000), vgaBios: new Uint8Array(100) };
  return { kernel, firmware };
}

describe('assertBootable', () => {
  it('takes a bzImage', () => {
    expect(() => {
      assertBootable(images(), memory);
    }).not.toThrow();
  });

  it.each<[string, BootImages, RegExp]>([
    ['no kernel at all', { ...images(), kernel: new Uint8Array(10) }, /too short/],
    [
      'no boot flag',
      images((view) => {
        view.setUint16(0x1fe, 0);
      }),
      /not a Linux bzImage/,
    ],
    [
      'no HdrS',
      images((view) => {
        view.setUint32(0x202, 0);
      }),
      /not a Linux bzImage/,
    ],
    [
      'an old protocol',
      images((view) => {
        view.setUint16(0x206, 0x201, true);
      }),
      /protocol/,
    ],
    [
      'a zImage',
      images((view) => {
        view.setUint8(0x211, 0);
      }),
      /protocol/,
    ],
    [
      'half a kernel',
      { ...images(), kernel: images().kernel.subarray(0, 2000) },
      /cut short: 2000/,
    ],
    [
      'an odd BIOS',
      { ...images(), firmware: { bios: new Uint8Array(1000), vgaBios: new Uint8Array(100) } },
      /64 KiB/,
    ],
    [
      'an initramfs beyond the memory',
      { ...images(), initramfs: new Uint8Array(127 << 20) },
      /too small/,
    ],
  ])('refuses %s', (_what, given, message) => {
    expect(() => {
      assertBootable(given, memory);
    }).toThrow(message);
  });

  it('hands v86 a copy in whole words: it writes into the kernel', () => {
    const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5).subarray(1);
    const own = ownBuffer(bytes);
    expect(own.byteLength).toBe(8);
    expect([...new Uint8Array(own, 0, 5)]).toEqual([1, 2, 3, 4, 5]);
  });
});
