import { type Clock, systemClock } from '#base/clock.ts';
import { Emitter } from '#base/emitter.ts';
import { asSandglassError } from '#base/errors.ts';
import { loadEmulator } from './emulator-loader.ts';
import type { MachineEvent } from './events.ts';
import type { BootImages } from './kernel-image.ts';
import { MachineDevices } from './machine-devices.ts';
import { type MachineOptions, defaultLoadDeadline } from './machine-options.ts';
import { parseMac, randomMac } from './nic.ts';
import { NinepDevice } from './ninep-device.ts';
import { surviveFailedCompiles } from './patches/jit-compile.ts';
import { correctSetTsc } from './patches/time-stamp-counter.ts';
import type { MachineProfile } from './profiles.ts';
import type { SnapshotHeader } from './snapshot-file.ts';
import type { EmulatorInternals } from './v86-internals.ts';

/** What a Machine is put together from: an emulator that was patched and has not run yet. */
export interface MachineParts {
  profile: MachineProfile;
  emulator: EmulatorInternals;
  devices: MachineDevices;
  events: Emitter<MachineEvent>;
  clock: Clock;
  restoredFrom: SnapshotHeader | undefined;
}

export async function makeParts(
  profile: MachineProfile,
  options: MachineOptions,
  source: { images: BootImages } | { restoredFrom: SnapshotHeader },
): Promise<MachineParts> {
  const events = new Emitter<MachineEvent>((error) => {
    console.error('A listener of machine events threw:', error);
  });
  const ninep = new NinepDevice(options.ninep, (tag, error) => {
    events.emit({ type: 'ninep-failed', tag, error });
  });
  const clock = options.clock ?? systemClock;
  const mac = options.mac === undefined ? randomMac() : parseMac(options.mac);
  const emulator = await loadEmulator({
    profile,
    wasm: options.wasm,
    ...('images' in source && { images: source.images }),
    handle9p: ninep.handle,
    clock,
    deadline: options.loadDeadline ?? defaultLoadDeadline,
    signal: options.signal,
  });
  const report = (source: string, error: unknown) => {
    events.emit({ type: 'listener-failed', source, error: asSandglassError(error) });
  };
  const restoredFrom = 'restoredFrom' in source ? source.restoredFrom : undefined;
  const devices = new MachineDevices(emulator, ninep, profile, mac, restoredFrom, report);
  correctSetTsc(emulator.v86.cpu);
  surviveFailedCompiles(emulator.v86.cpu, (error) => {
    events.emit({ type: 'jit-failed', error: asSandglassError(error) });
  });
  return { profile, emulator, devices, events, clock, restoredFrom };
}
