import type { GuestAssets } from '#cluster/guest-assets.ts';
import { podMachines } from '#cluster/virtual-machines/pod-machines.ts';
import { connectVmmThread } from './connect-thread.ts';
import { emulatorOnDisk } from './emulator-wasm.ts';

/** The virtual machines of pods, each in a worker thread of this process. */
export function machinesInThreads(assets: GuestAssets): ReturnType<typeof podMachines> {
  return podMachines({ assets, emulator: emulatorOnDisk, connect: () => connectVmmThread() });
}
