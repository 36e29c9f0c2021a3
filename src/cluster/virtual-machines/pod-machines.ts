import type { GuestAssets } from '#cluster/guest-assets.ts';
import { type EmulatorSource, gunzipWhole } from '#cluster/node-images.ts';
import type { VmmApi, VmmSource } from '#rpc/vmm-contract.ts';
import type { WorkerConnection } from '#rpc/worker-connection.ts';
import type { VirtualMachineRequest, VirtualMachines } from '#runtimes/ports.ts';
import { WorkerMachines } from './worker-machines.ts';

export interface PodMachinesOptions {
  assets: GuestAssets;
  emulator: EmulatorSource;
  /** Starts a worker that serves one machine. */
  connect: () => WorkerConnection<VmmApi>;
  /** Bytes of memory for all of them together. */
  budget?: number;
}

/** Bytes. What a tab has beside the node before browsers begin to end it. */
const usualBudget = 1 << 30;

/** The virtual machines of pods, made of the site's images, which are fetched when the first is wanted. */
export function podMachines({
  assets,
  emulator,
  connect,
  budget = usualBudget,
}: PodMachinesOptions): VirtualMachines {
  const image = async (name: string, signal?: AbortSignal) =>
    assets.fetchVerified(await assets.find(name, signal), () => undefined, signal);
  const source = async (
    { board, fromTemplate, memoryBytes }: VirtualMachineRequest,
    signal?: AbortSignal,
  ): Promise<VmmSource> => {
    if (fromTemplate) {
      const name = `kata-template-${memoryBytes >> 20}`;
      return { kind: 'template', snapshot: await image(name, signal) };
    }
    const [kernel, packed] = await Promise.all([
      image('kata-kernel', signal),
      image('kata-initramfs', signal),
    ]);
    const initramfs = await gunzipWhole(packed);
    if (board === 'minimal') {
      return { kind: 'boot', kernel, initramfs, firmware: undefined };
    }
    const [bios, vgaBios] = await Promise.all([image('bios', signal), image('vga-bios', signal)]);
    return { kind: 'boot', kernel, initramfs, firmware: { bios, vgaBios } };
  };
  return new WorkerMachines({
    connect,
    source,
    budget,
    emulator: () => emulator.load(() => undefined),
  });
}
