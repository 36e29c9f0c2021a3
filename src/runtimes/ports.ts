import type { ByteDuplex } from '#base/byte-stream.ts';
import type { SandglassError } from '#base/errors.ts';

/** The boards that virtual machines come on, and whether they go on from a saved one. */
export interface VirtualMachineRequest {
  board: 'pc' | 'minimal';
  fromTemplate: boolean;
  memoryBytes: number;
  mac: string;
}

/** What the machine's devices are told to; each message is whole, and the receiver's to keep. */
export interface DeviceBackend {
  /** A 9P request, owed one reply of the same tag. */
  ninep(request: Uint8Array): void;
  /** An Ethernet frame that the machine sends. */
  frame(bytes: Uint8Array): void;
}

export interface EmulatorFacts {
  /** Bytes that it has taken from its thread, the machine's memory among them. */
  heapBytes: number;
  /** That the machine's CPU has executed. */
  instructions: number;
  framesDropped: number;
  ninepRequests: number;
}

/** A virtual machine beside the node, which runs from the start. */
export interface VirtualMachine {
  /** With why, once, when it has ended by itself, or what it ran in has. */
  readonly ended: Promise<SandglassError>;
  /** The reply to one of its 9P requests. */
  reply(message: Uint8Array): void;
  /** A frame for it; lost if it has no room. */
  send(frame: Uint8Array): void;
  /** The bytes of a data port, which one caller has at a time. Waits for a process of the guest to hold it. */
  open(port: number, signal?: AbortSignal): Promise<ByteDuplex>;
  /** What its emulator says of itself. */
  facts(): Promise<EmulatorFacts>;
  /** Ends it and gives its memory back. */
  dispose(): void;
}

export interface VirtualMachines {
  /** Rejects with `resource-exhausted` where there is no memory for another one. */
  start(
    request: VirtualMachineRequest,
    backend: DeviceBackend,
    signal?: AbortSignal,
  ): Promise<VirtualMachine>;
}
