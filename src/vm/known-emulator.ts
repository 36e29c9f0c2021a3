import { SandglassError } from '#base/errors.ts';
import type { V86Main } from './v86-internals.ts';

/** The one version that this folder's patches were tested against. Snapshots name it too. */
export const emulatorVersion = 'v86 0.5.462+g5f9a90f';

type Check = (value: unknown) => boolean;

const method: Check = (value) => typeof value === 'function';
const list: Check = (value) => Array.isArray(value);
/** A typed array, or v86's proxy of one that follows the wasm memory (lib.js, view). */
const view: Check = (value) => typeof (value as ArrayLike<unknown> | undefined)?.[0] === 'number';

/** What the patches take hold of, as paths from the object that main.js makes. */
const beforeDevices: Record<string, Check> = {
  run: method,
  init: method,
  restore_state: method,
  save_state: method,
  yield: method,
  yield_callback: method,
  next_tick: method,
  register_yield: method,
  unregister_yield: method,
  'cpu.allocate_memory': method,
  'cpu.read16': method,
  'cpu.read32s': method,
  'cpu.store_current_tsc': method,
  'cpu.set_tsc': method,
  'cpu.set_jit_config': method,
  'cpu.jit_clear_cache': method,
  'cpu.codegen_finalize': method,
  'cpu.codegen_finalize_finished': method,
  'cpu.reboot_internal': method,
  'cpu.write_blob': method,
  'cpu.read_blob': method,
  'cpu.update_state_flags': method,
  ...Object.fromEntries(
    [
      ...['cr', 'flags', 'reg32', 'instruction_pointer', 'protected_mode', 'is_32'],
      ...['stack_size_32', 'gdtr_offset', 'gdtr_size', 'sreg', 'segment_is_null'],
      ...['segment_offsets', 'segment_limits', 'segment_access_bytes'],
    ].map((name) => [`cpu.${name}`, view]),
  ),
  'cpu.memory_size': view,
  'cpu.in_hlt': view,
  'cpu.cpl': view,
  'cpu.instruction_counter': view,
  'cpu.current_tsc': view,
  'cpu.last_result': view,
  'cpu.fpu_status_word': view,
  'cpu.mxcsr': view,
  'cpu.wm.wasm_table': (value) => value instanceof WebAssembly.Table,
  'cpu.wasm_memory': (value) => value instanceof WebAssembly.Memory,
};

const queueMethods = ['is_configured', 'has_request', 'count_requests', 'avail_get_entry'];

/** What exists once the devices were made. */
const devices: Record<string, Check> = {
  'cpu.io.ports': list,
  'cpu.devices.pci.device_spaces': list,
  'cpu.devices.pci.isa_bridge_space8': view,
  'cpu.devices.uart0.input': list,
  'cpu.devices.virtio_console.SendEvent': method,
  // Two control queues, and two for each of four ports.
  'cpu.devices.virtio_console.virtio.queues.length': (value) => value === 10,
  'cpu.devices.virtio_console.virtio.queues.0.get_descriptor': method,
  ...Object.fromEntries(
    queueMethods.map((name) => [`cpu.devices.virtio_console.virtio.queues.0.${name}`, method]),
  ),
};
const nicDevice: Record<string, Check> = {
  'cpu.devices.virtio_net.mac': (value) => value instanceof Uint8Array,
  'cpu.devices.virtio_net.virtio.queues.0.has_request': method,
};
const ninepDevice: Record<string, Check> = {
  'cpu.devices.virtio_9p.tag_bufchain': (value) => value instanceof Map,
};

/**
 * Refuses an emulator whose internals are not the ones that the patches were written for: patching
 * something else would not fail here but corrupt a guest much later.
 */
export function assertKnownEmulator(main: V86Main): void {
  assertAll(main, beforeDevices);
}

/** The same for the devices. */
export function assertKnownDevices(main: V86Main): void {
  assertAll(main, devices);
  if (main.cpu.devices.virtio_net) assertAll(main, nicDevice);
  if (main.cpu.devices.virtio_9p) assertAll(main, ninepDevice);
}

function assertAll(main: V86Main, checks: Record<string, Check>): void {
  const wrong = Object.keys(checks).filter((path) => checks[path]?.(valueAt(main, path)) !== true);
  if (wrong.length === 0) return;
  throw new SandglassError(
    'failed-precondition',
    `This is not ${emulatorVersion}: what is missing or different is ${wrong.join(', ')}.`,
  );
}

function valueAt(root: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value, name) => (value as Record<string, unknown> | undefined)?.[name], root);
}
