import type { EmulatorFacts, Failure } from './contracts.ts';

/** What a virtual machine starts from. */
export type VmmSource =
  | {
      kind: 'boot';
      kernel: Uint8Array;
      initramfs?: Uint8Array;
      /** Without it the kernel is entered at once. */
      firmware: { bios: Uint8Array; vgaBios: Uint8Array } | undefined;
    }
  /** A saved machine, to be gone on with. */
  | { kind: 'template'; snapshot: Uint8Array };

/** The board that it is given: a whole PC and its BIOS, or the least that a kernel can do with. */
export type VmmBoard = 'pc' | 'minimal';

export interface VmmStart {
  /** v86's, compiled by whoever starts the worker. */
  emulator: WebAssembly.Module;
  board: VmmBoard;
  memoryBytes: number;
  /** Such as 02:00:00:00:00:01. */
  mac: string;
  source: VmmSource;
}

/** Where the machine's devices lead. */
export interface VmmDevices {
  /** 9P: each message is one request or several, or to the machine one reply, by tag. Whole `Uint8Array`s. */
  ninep: MessagePort;
  /** Ethernet frames both ways: a FramePort (cluster/virtual-machines/frame-port.ts). */
  nic: MessagePort;
  /** Byte streams (BytePort) to the processes that hold the data ports 1, 2 and 3. */
  channels: readonly MessagePort[];
}

/** What the worker of a virtual machine offers. */
export interface VmmApi {
  /** The first call: the worker's death is noticed from its answer on. */
  ready(): Promise<void>;
  /**
   * Resolves when its CPU runs. `onEnd` is told when the machine has ended by itself. Rejects with
   * `resource-exhausted` where there is no memory for it.
   */
  start(machine: VmmStart, devices: VmmDevices, onEnd: (failure: Failure) => void): Promise<void>;
  /** Resolves when a process of the guest holds a data port. */
  whenOpen(port: number): Promise<void>;
  facts(): Promise<EmulatorFacts>;
}
