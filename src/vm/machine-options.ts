import type { Clock } from '#base/clock.ts';
import type { NinepHandler } from './ninep-device.ts';
import type { Json } from './snapshot-file.ts';

export interface MachineOptions {
  /** v86.wasm, compiled once for all machines of a process. */
  wasm: WebAssembly.Module;
  /** Serves the 9P device. Without one every request is answered with EIO. */
  ninep?: NinepHandler;
  /** The NIC's address. A random one of 02:… otherwise, on a restore too. */
  mac?: string;
  /** Leaves the CPU standing before its first instruction; `resume` starts it. */
  paused?: boolean;
  clock?: Clock;
  /** Milliseconds for loading the emulator, not for booting the guest. */
  loadDeadline?: number;
  /** Gives up loading. Later a machine is ended with `dispose`. */
  signal?: AbortSignal;
}

export interface SnapshotOptions {
  /** Milliseconds to wait for the guest to be idle and nothing to be under way. */
  deadline?: number;
  signal?: AbortSignal;
  /** Milliseconds to wait for an idle CPU, if one that computes may be saved as well: it is one instruction among others. */
  idleDeadline?: number;
  /** Asked at the moment of saving whether the host's own traffic with the guest is at rest. */
  quiet?: () => boolean;
  /** Plain data to keep with the snapshot, taken at the moment of saving. */
  extra?: () => Json;
}

export const defaultLoadDeadline = 30_000;
export const defaultSnapshotDeadline = 10_000;
