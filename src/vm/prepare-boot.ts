import { type BootImages, initramfsAddress, kernelAddress } from './kernel-image.ts';
import { unpackKernel } from './unpack-kernel.ts';
import type { Cpu } from './v86-internals.ts';

/** Where v86 puts the kernel's setup header, with the command line's address in it (kernel.js, load_kernel). */
const setupAddress = 0x80000;

/** Fields of the setup header: Linux, Documentation/x86/boot.rst. */
const field = { start: 0x1f1, ramdiskImage: 0x218, ramdiskSize: 0x21c, end: 0x270 };

/** Fields of what the kernel's own real-mode code would fill in (Documentation/x86/zero-page.rst). */
const zeroPage = { e820Entries: 0x1e8, e820Table: 0x2d0 };
/** E820_TYPE_RAM */
const usableMemory = 1;

/** Where the kernel is told of its machine when nobody has done so before, and the descriptors that it begins with. */
const bootParameters = 0x10000;
const descriptorTable = 0x9000;

/** Flat segments: see the protocol's "32-bit BOOT PROTOCOL". */
const bootCode = 0x10;
const bootData = 0x18;
const flatCode = [0xffff, 0x00cf9b00];
const flatData = [0xffff, 0x00cf9300];
const access = { code: 0x9b, data: 0x93 };

/** The initramfs, and for a machine without firmware all that this would have done. v86 has loaded the kernel. */
export function prepareBoot(cpu: Cpu, { kernel, initramfs, firmware }: BootImages): void {
  if (initramfs) {
    const address = initramfsAddress(kernel);
    cpu.write_blob(initramfs, address);
    cpu.write_blob(words(address), setupAddress + field.ramdiskImage);
    cpu.write_blob(words(initramfs.length), setupAddress + field.ramdiskSize);
  }
  if (firmware) return;
  describeMachine(cpu);
  routeInterrupts(cpu);
  const { entry, segments } = unpackKernel(kernel);
  for (const { address, bytes } of segments) cpu.write_blob(bytes, address);
  enterKernel(cpu, entry);
}

function describeMachine(cpu: Cpu): void {
  const header = new Uint8Array(cpu.read_blob(setupAddress + field.start, field.end - field.start));
  cpu.write_blob(header, bootParameters + field.start);
  const memory = cpu.memory_size[0] ?? 0;
  // Below 1 MiB: all but the BIOS's data and what a PC has from 640 KiB on.
  const regions = [
    [0x1000, 0x9e000],
    [kernelAddress, memory - kernelAddress],
  ];
  const table = regions.flatMap(([begin = 0, size = 0]) => [begin, 0, size, 0, usableMemory]);
  cpu.write_blob(Uint8Array.of(regions.length), bootParameters + zeroPage.e820Entries);
  cpu.write_blob(words(...table), bootParameters + zeroPage.e820Table);
}

/** PIRQ A to D of the PIIX3's routers to these interrupts, and each device told of its own, as SeaBIOS does it (pciinit.c). */
const interrupts = [10, 10, 11, 11];
const routeRegister = 0x60;

function routeInterrupts({ devices: { pci } }: Cpu): void {
  interrupts.forEach((interrupt, i) => {
    pci.isa_bridge_space8[routeRegister + i] = interrupt;
  });
  pci.device_spaces.forEach((space, slotAndFunction) => {
    const line = space?.[interruptWord] ?? 0;
    const pin = (line >> 8) & 0xff;
    if (!space || pin === 0) return;
    const slot = slotAndFunction >> 3;
    space[interruptWord] = (line & ~0xff) | (interrupts[(pin - 1 + slot - 1) & 3] ?? 0);
  });
}

/** Of a device's configuration space: line, pin, and the two latencies. */
const interruptWord = 0x3c / 4;

/** Protected mode with flat segments, interrupts off, ESI at the parameters. */
function enterKernel(cpu: Cpu, entry: number): void {
  cpu.write_blob(words(0, 0, 0, 0, ...flatCode, ...flatData), descriptorTable);
  cpu.gdtr_offset[0] = descriptorTable;
  cpu.gdtr_size[0] = 4 * 8 - 1;
  cpu.cr[0] = (cpu.cr[0] ?? 0) | 1;
  cpu.protected_mode[0] = 1;
  cpu.flags[0] = 2;
  cpu.is_32[0] = 1;
  cpu.stack_size_32[0] = 1;
  // ES, CS, SS, DS, FS, GS
  for (let segment = 0; segment < 6; segment++) {
    const isCode = segment === 1;
    cpu.sreg[segment] = isCode ? bootCode : bootData;
    cpu.segment_is_null[segment] = 0;
    cpu.segment_offsets[segment] = 0;
    cpu.segment_limits[segment] = 0xffffffff;
    cpu.segment_access_bytes[segment] = isCode ? access.code : access.data;
  }
  const esi = 6;
  cpu.reg32[esi] = bootParameters;
  cpu.instruction_pointer[0] = entry;
  cpu.update_state_flags();
}

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
