import { V86, type V86Options } from 'v86';
import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { assertKnownDevices, assertKnownEmulator } from './known-emulator.ts';
import { type BootImages, ownBuffer } from './kernel-image.ts';
import { refuseWithoutMemory } from './patches/memory-shortage.ts';
import { prepareBoot } from './prepare-boot.ts';
import type { MachineProfile } from './profiles.ts';
import type { EmulatorInternals, V86Main } from './v86-internals.ts';

/** v86's callback for a raw 9P message (lib/9p.js, Virtio9pHandler). */
export type RawNinepHandler = (request: Uint8Array, reply: (message: Uint8Array) => void) => void;

export interface LoadRequest {
  profile: MachineProfile;
  /** Compiled once and shared by the machines of a process. */
  wasm: WebAssembly.Module;
  /** Left out on a restore: the state has everything, the BIOS too. */
  images?: BootImages;
  handle9p: RawNinepHandler;
  clock: Clock;
  /** Milliseconds. */
  deadline: number;
  signal?: AbortSignal | undefined;
}

/**
 * Makes an emulator with its devices, CPU not running. v86 reports no error of any kind on this
 * way, it just never says `emulator-loaded`; each step is therefore watched here, and the whole
 * has a deadline for what cannot be.
 */
export async function loadEmulator(request: LoadRequest): Promise<EmulatorInternals> {
  throwIfCancelled(request.signal);
  return withDeadline(
    new Promise((resolve, reject) => {
      construct(request, resolve, (error) => {
        reject(asSandglassError(error));
      });
    }),
    request.clock,
    request.deadline,
    'The emulator did not load in time.',
    request.signal,
  );
}

function construct(
  request: LoadRequest,
  resolve: (emulator: EmulatorInternals) => void,
  reject: (error: unknown) => void,
): void {
  const emulator = new V86({
    ...deviceOptions(request),
    wasm_fn: instantiateWith(request.wasm, reject),
  }) as unknown as EmulatorInternals;
  const continueInit = emulator.continue_init.bind(emulator);
  // Called when the wasm module is there; v86 drops the promise and what it may reject with.
  emulator.continue_init = async (main, options) => {
    try {
      assertKnownEmulator(main);
      refuseWithoutMemory(main.cpu);
      watchInit(main, reject);
      await continueInit(main, options);
    } catch (error) {
      reject(error);
    }
  };
  emulator.bus.register('emulator-loaded', () => {
    try {
      assertKnownDevices(emulator.v86);
      if (request.images) prepareBoot(emulator.v86.cpu, request.images);
      resolve(emulator);
    } catch (error) {
      reject(error);
    }
  });
}

/** v86 calls `init` from a timer in an async function: what it throws would go unhandled. */
function watchInit(main: V86Main, reject: (error: unknown) => void): void {
  const init = main.init.bind(main);
  main.init = (settings) => {
    try {
      init(settings);
    } catch (error) {
      reject(error);
    }
  };
}

/**
 * v86 calls `then` on what this returns, without a second callback. Answering with a thenable
 * rather than a promise lets us see a failed instantiation, and what v86 throws afterwards.
 */
function instantiateWith(
  wasm: WebAssembly.Module,
  reject: (error: unknown) => void,
): NonNullable<V86Options['wasm_fn']> {
  const instantiate = (imports: WebAssembly.Imports) => ({
    then: (onExports: (exports: WebAssembly.Exports) => void) => {
      WebAssembly.instantiate(wasm, imports)
        .then((instance) => {
          withoutNestedWorker(() => {
            onExports(instance.exports);
          });
        })
        .catch((error: unknown) => {
          reject(
            new SandglassError('internal', 'The emulator could not be instantiated.', {
              cause: error,
            }),
          );
        });
    },
  });
  return instantiate as unknown as NonNullable<V86Options['wasm_fn']>;
}

/**
 * In a browser v86's constructor starts a nested worker from a `blob:` URL for its timer
 * (main.js, register_yield), which a content security policy would report. CpuLoop replaces that
 * timer, but comes too late to keep the worker from being made.
 */
export function withoutNestedWorker(construct: () => void): void {
  const original = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  if (original) {
    Object.defineProperty(globalThis, 'Worker', { ...original, value: InertWorker });
  }
  try {
    construct();
  } finally {
    if (original) Object.defineProperty(globalThis, 'Worker', original);
  }
}

class InertWorker {
  onmessage: unknown = null;
  postMessage(): void {
    // Never called: CpuLoop has replaced v86's yield before the first tick.
  }
  terminate(): void {
    // Nothing was started.
  }
}

function deviceOptions({ profile, images, handle9p }: LoadRequest): V86Options {
  const options: V86Options = {
    memory_size: profile.memoryBytes,
    vga_memory_size: profile.vgaMemoryBytes,
    acpi: profile.acpi,
    cmdline: profile.commandLine,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    virtio_console: { type: 'none' },
    // Without a word v86 would add an NE2000.
    net_device: profile.nic
      ? { type: 'virtio', mtu: profile.nic.mtu }
      : ({ type: 'none' } as unknown as NonNullable<V86Options['net_device']>),
    autostart: false,
  };
  if (profile.ninep) options.filesystem = { handle9p };
  if (images) {
    const { firmware, kernel } = images;
    if (firmware) {
      options.bios = { buffer: ownBuffer(firmware.bios) };
      options.vga_bios = { buffer: ownBuffer(firmware.vgaBios) };
    }
    options.bzimage = { buffer: ownBuffer(kernel) };
  }
  return options;
}
