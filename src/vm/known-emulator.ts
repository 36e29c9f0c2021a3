import { SandglassError } from '#base/errors.ts';
import type { V86Main } from './v86-internals.ts';

/** The one version that this folder's patches were tested against. Snapshots name it too. */
export const emulatorVersion = 'v86 0.5.462+g5f9a90f';

const mainMethods = [
  'run',
  'init',
  'restore_state',
  'save_state',
  'yield',
  'yield_callback',
  'next_tick',
  'register_yield',
  'unregister_yield',
] as const;
const cpuMethods = [
  'main_loop',
  'read16',
  'read32s',
  'store_current_tsc',
  'set_tsc',
  'set_jit_config',
  'jit_clear_cache',
  'codegen_finalize',
  'codegen_finalize_finished',
] as const;
const cpuViews = [
  'memory_size',
  'in_hlt',
  'instruction_counter',
  'current_tsc',
  'last_result',
  'fpu_status_word',
  'mxcsr',
] as const;

/**
 * Refuses an emulator whose internals are not the ones that the patches were written for: patching
 * something else would not fail here but corrupt a guest much later.
 */
export function assertKnownEmulator(main: V86Main): void {
  const missing: string[] = [];
  const { cpu } = main;
  for (const name of mainMethods) if (typeof main[name] !== 'function') missing.push(name);
  for (const name of cpuMethods) if (typeof cpu[name] !== 'function') missing.push(`cpu.${name}`);
  // reboot_internal is upstream's name for what the reset line does; the guest can pull it.
  if (typeof cpu.reboot_internal !== 'function') missing.push('cpu.reboot_internal');
  for (const name of cpuViews) if (typeof cpu[name][0] !== 'number') missing.push(`cpu.${name}`);
  if (missing.length > 0) throw unknownEmulator(missing);
}

/** The same for what exists only after the devices were made. */
export function assertKnownDevices(main: V86Main): void {
  const { devices, io } = main.cpu;
  const missing: string[] = [];
  const require = (name: string, present: boolean) => {
    if (!present) missing.push(name);
  };
  require('cpu.io.ports', Array.isArray(io.ports));
  require('devices.pci.device_spaces', Array.isArray(devices.pci.device_spaces));
  require('devices.uart0.input', Array.isArray(devices.uart0.input));
  const { virtio_console: terminal, virtio_net: net, virtio_9p: ninep } = devices;
  if (terminal) {
    require('virtio_console.SendEvent', typeof terminal.SendEvent === 'function');
    // Two control queues and two a port.
    require('virtio_console.queues', terminal.virtio.queues.length === 10);
  }
  if (net) require('virtio_net.mac', net.mac instanceof Uint8Array);
  if (ninep) require('virtio_9p.tag_bufchain', ninep.tag_bufchain instanceof Map);
  for (const device of [terminal, net, ninep]) {
    const queue = device?.virtio.queues[0];
    if (!queue) continue;
    require('queue.has_request', typeof queue.has_request === 'function');
    require('queue.is_configured', typeof queue.is_configured === 'function');
    require('queue.get_descriptor', typeof queue.get_descriptor === 'function');
    require('queue.avail_get_entry', typeof queue.avail_get_entry === 'function');
  }
  if (missing.length > 0) throw unknownEmulator(missing);
}

function unknownEmulator(missing: string[]): SandglassError {
  return new SandglassError(
    'failed-precondition',
    `This is not ${emulatorVersion}: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} not as expected.`,
  );
}
