import { expect, it } from 'vitest';
import type { Cpu, VirtIO } from '#vm/v86-internals.ts';
import { wrapNotifyWrites } from './notify-writes.ts';

it('stands between the guest and a notify handler, and can call it itself', () => {
  const kicks: number[] = [];
  const entry = { write16: (queueId: number) => kicks.push(queueId) };
  const spaces: Int32Array[] = [];
  // BAR 1: an I/O BAR, bit 0 set.
  spaces[0x60] = Int32Array.of(0, 0, 0, 0, 0, 0xb901);
  const ports = { [0xb902]: entry };
  const cpu = { devices: { pci: { device_spaces: spaces } }, io: { ports } } as unknown as Cpu;
  let hold = true;
  const deliver = wrapNotifyWrites(cpu, { pci_id: 0x60 } as VirtIO, 1, (_queueId, pass) => {
    if (!hold) pass();
  });
  entry.write16(5);
  expect(kicks).toEqual([]);
  deliver(5);
  hold = false;
  entry.write16(7);
  expect(kicks).toEqual([5, 7]);
});
