import { BytePort } from '#base/byte-port.ts';
import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import type { VmmApi, VmmDevices, VmmStart } from '#rpc/vmm-contract.ts';
import { Machine } from '#vm/machine.ts';
import type { MachineOptions } from '#vm/machine-options.ts';
import { podProfile } from '#vm/profiles.ts';
import { connectChannel } from './channel-port.ts';
import { FramePort } from './frame-port.ts';
import { NinepPort } from './ninep-port.ts';
import { machineEnd } from './machine-end.ts';

/**
 * The virtual machine of a pod, in a worker of its own: what a VMM's process is to its thread of the CPU. `alive`
 * resolves when whoever has started the worker would notice its end.
 */
export function vmmService(clock: Clock, alive: Promise<void>): VmmApi {
  let machine: Machine | undefined;
  let nic: FramePort | undefined;
  const running = (): Machine => {
    if (!machine) throw new SandglassError('failed-precondition', 'There is no machine yet.');
    return machine;
  };
  return {
    ready: () => alive,
    async start(request, devices, onEnd) {
      const ninep = new NinepPort(devices.ninep, clock);
      machine = await make(request, {
        wasm: request.emulator,
        ninep: (message, signal) => ninep.ask(message, signal),
        mac: request.mac,
        clock,
      });
      machine.events.listen((event) => {
        const failure = machineEnd(event);
        if (failure) onEnd(failure);
      });
      nic = connectDevices(machine, devices);
    },
    whenOpen: (port) => running().channel(port).whenOpen(),
    facts() {
      const { emulatorBytes, instructions } = running().facts();
      return Promise.resolve({
        heapBytes: emulatorBytes,
        instructions,
        framesDropped: (running().nic?.counters.framesDropped ?? 0) + (nic?.dropped ?? 0),
        ninepRequests: running().ninep.requests,
      });
    },
  };
}

function make({ board, memoryBytes, source }: VmmStart, options: MachineOptions): Promise<Machine> {
  const profile = podProfile(board, memoryBytes);
  return source.kind === 'boot'
    ? Machine.coldBoot(profile, source, options)
    : Machine.restore(profile, source.snapshot, options);
}

function connectDevices(machine: Machine, devices: VmmDevices): FramePort {
  const nic = new FramePort(devices.nic, (frame) => void machine.nic?.send(frame));
  machine.nic?.listen((frame) => {
    nic.send(frame);
  });
  devices.channels.forEach((port, i) => {
    connectChannel(machine.channel(i + 1), new BytePort(port));
  });
  return nic;
}
