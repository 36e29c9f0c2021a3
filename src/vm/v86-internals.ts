/**
 * The parts of v86 0.5.462 that the machine layer reaches behind its public interface, as types.
 * v86's own typings leave them out. `assertKnownEmulator` checks at every load that they are there.
 * Names are upstream's; the files are those of https://github.com/copy/v86, src/.
 */

/** virtio.js: one virtqueue. */
export interface VirtQueue {
  size: number;
  desc_addr: number;
  avail_last_idx: number;
  /** Truthy once the driver has set the ring addresses. `has_request` before that reads garbage. */
  is_configured(): unknown;
  has_request(): boolean;
  count_requests(): number;
  avail_get_entry(index: number): number;
  get_descriptor(table: number, index: number): { addr_low: number; len: number; flags: number };
}

/** virtio.js: the transport that all virtio devices share. */
export interface VirtIO {
  device_status: number;
  pci_id: number;
  queues: VirtQueue[];
}

/** virtio_console.js */
export interface VirtioConsole {
  virtio: VirtIO;
  SendEvent(port: number, event: number, value: number): void;
}

/** virtio_net.js */
export interface VirtioNet {
  virtio: VirtIO;
  mac: Uint8Array;
}

/** lib/9p.js: a request's descriptor chain, kept until it is answered. */
export interface NinepRequestChain {
  /** Bytes of reply that the guest has room for. */
  length_writable: number;
}

/** lib/9p.js, Virtio9pHandler */
export interface Virtio9p {
  virtio: VirtIO;
  tag_bufchain: Map<number, NinepRequestChain>;
}

/** uart.js */
export interface Uart {
  /** Bytes that the guest has not read yet. Not part of a saved state. */
  input: number[];
}

/** io.js: what answers one I/O port. The object itself moves when the guest moves a BAR. */
export interface IoPortEntry {
  write16: (this: unknown, value: number) => unknown;
}

export interface Cpu {
  wm: { exports: WebAssembly.Exports; wasm_table: WebAssembly.Table };
  wasm_memory: WebAssembly.Memory;
  jit_imports: Record<string, WebAssembly.ExportValue>;
  memory_size: ArrayLike<number>;
  /** 1 after HLT until the next interrupt. */
  in_hlt: ArrayLike<number>;
  /** The privilege level, 0 to 3. */
  cpl: ArrayLike<number>;
  /** Wraps at 2^32. */
  instruction_counter: ArrayLike<number>;
  current_tsc: ArrayLike<number>;
  cr: Int32Array;
  flags: Int32Array;
  reg32: Int32Array;
  instruction_pointer: Int32Array;
  protected_mode: Uint8Array;
  is_32: Uint8Array;
  stack_size_32: Uint8Array;
  gdtr_offset: Int32Array;
  gdtr_size: Int32Array;
  sreg: Uint16Array;
  segment_is_null: Uint8Array;
  segment_offsets: Int32Array;
  segment_limits: Uint32Array;
  segment_access_bytes: Uint8Array;
  last_result: Int32Array;
  fpu_status_word: Uint16Array;
  mxcsr: Int32Array;
  io: { ports: IoPortEntry[] };
  devices: {
    /** pci.js: spaces by slot and function, and the bridge that routes the interrupts. */
    pci: { device_spaces: (Int32Array | undefined)[]; isa_bridge_space8: Uint8Array };
    uart0: Uart;
    virtio_console?: VirtioConsole;
    virtio_net?: VirtioNet;
    virtio_9p?: Virtio9p;
  };
  main_loop(): number;
  /** The address in the wasm memory of so many bytes for the guest. */
  allocate_memory(bytes: number): number;
  /** The guest's memory, copied in, and as a view that the next growth detaches. */
  write_blob(bytes: Uint8Array, address: number): void;
  read_blob(address: number, length: number): Uint8Array;
  /** After a change of the segments or the mode from here. */
  update_state_flags(): void;
  read16(address: number): number;
  read32s(address: number): number;
  store_current_tsc(): void;
  set_tsc(low: number, high: number): void;
  set_jit_config(index: number, value: number): void;
  jit_clear_cache(): void;
  codegen_finalize(
    tableIndex: number,
    start: number,
    stateFlags: number,
    pointer: number,
    length: number,
  ): void;
  codegen_finalize_finished(tableIndex: number, start: number, stateFlags: number): void;
  reboot_internal(): void;
}

/** main.js: the loop around the CPU. */
export interface V86Main {
  cpu: Cpu;
  running: boolean;
  tick_counter: number;
  run(): void;
  init(settings: unknown): void;
  restore_state(state: ArrayBuffer): void;
  save_state(): ArrayBuffer;
  /** Asks to be called back through `yield_callback(tick)` after `milliseconds`. */
  yield(milliseconds: number, tick: number): void;
  yield_callback(tick: number): void;
  /** Schedules the next slice, overriding one that is scheduled already. */
  next_tick(milliseconds: number): void;
  register_yield(): void;
  unregister_yield(): void;
}

/** bus.js: one end of the event bus. */
export interface Bus {
  listeners: Record<string, unknown>;
  register(name: string, listener: (value: never) => void, self?: unknown): void;
  send(name: string, value?: unknown): void;
}

/** browser/starter.js: what `new V86()` makes. */
export interface EmulatorInternals {
  /** Our end: what it sends the devices hear, what they send is heard here. */
  bus: Bus;
  emulator_bus: Bus;
  v86: V86Main;
  continue_init(main: V86Main, options: unknown): Promise<void>;
}
