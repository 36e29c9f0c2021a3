import type { Cpu, VirtIO } from '#vm/v86-internals.ts';

/** PCI configuration space: BAR 0 is at 0x10; device_spaces counts 32-bit words. */
const barOne = (0x10 >> 2) + 1;

/**
 * Wraps the guest's kicks: 16-bit writes of a queue's number into a virtio device's notify BAR.
 * `handlerIndex` is the queue's notify_offset; `around` decides whether v86 sees the kick. Returns
 * a function that has v86 treat a queue as if it had been kicked.
 *
 * Install it before the machine runs: the guest moves BARs during boot, and v86 moves the entry
 * object that is wrapped here along with them, on a restore too (pci.js, set_io_bars).
 */
export function wrapNotifyWrites(
  cpu: Cpu,
  device: VirtIO,
  handlerIndex: number,
  around: (queueId: number, deliver: () => void) => void,
): (queueId: number) => void {
  const space = cpu.devices.pci.device_spaces[device.pci_id];
  // The notify structure is 16 bits a handler (virtio.js: notify_off_multiplier is 2).
  const port = ((space?.[barOne] ?? 0) & 0xfffc) + 2 * handlerIndex;
  const entry = cpu.io.ports[port];
  if (!entry) throw new TypeError(`No I/O port ${port.toString(16)}.`);
  const write16 = entry.write16;
  entry.write16 = function (queueId) {
    around(queueId, () => write16.call(this, queueId));
  };
  return (queueId) => write16.call(device, queueId);
}
