import { SandglassError } from '#base/errors.ts';
import { ConsoleDevice } from './console-device.ts';
import type { ReportFailure } from './events.ts';
import { Nic } from './nic.ts';
import type { NinepDevice } from './ninep-device.ts';
import type { MachineProfile } from './profiles.ts';
import { SerialConsole } from './serial-console.ts';
import type { SnapshotFacts, SnapshotHeader } from './snapshot-file.ts';
import type { EmulatorInternals } from './v86-internals.ts';

/** What a machine's world outside consists of. */
export class MachineDevices {
  readonly console: SerialConsole;
  readonly channels: ConsoleDevice;
  readonly nic: Nic | undefined;
  readonly ninep: NinepDevice;

  /** Takes hold of the devices that v86 has just made, before the guest's first instruction. */
  constructor(
    emulator: EmulatorInternals,
    ninep: NinepDevice,
    profile: MachineProfile,
    mac: Uint8Array,
    restoredFrom: SnapshotHeader | undefined,
    report: ReportFailure,
  ) {
    const { virtio_console, virtio_net, virtio_9p } = emulator.v86.cpu.devices;
    if (!virtio_console) throw new SandglassError('internal', 'v86 made no virtio console.');
    this.console = new SerialConsole(emulator, report);
    const openPorts = restoredFrom?.openPorts ?? [];
    this.channels = new ConsoleDevice(emulator, virtio_console, openPorts, report);
    if (virtio_net && profile.nic) {
      this.nic = new Nic(emulator, virtio_net, profile.nic.mtu, mac, report);
    }
    this.ninep = ninep;
    if (virtio_9p) ninep.attach(virtio_9p);
  }

  /** What is under way that a saved state or its header would not have, in words. */
  get busyWith(): string | undefined {
    if (this.ninep.inFlight > 0) return 'a file of its archive is being read';
    return this.channels.quiet ? undefined : 'bytes are on their way to it';
  }

  /** What a saved state does not have of them. */
  get facts(): Pick<SnapshotFacts, 'mac' | 'openPorts' | 'typed'> {
    const { nic, channels, console } = this;
    return { mac: nic?.mac ?? null, openPorts: channels.openPorts, typed: console.typed };
  }

  /** Between slices: hands on what the guest printed, types what waits. */
  afterSlice(): void {
    this.console.flush();
    this.console.pump();
  }

  /** Lets go of the emulator. */
  close(reason: SandglassError): void {
    this.channels.close(reason);
    this.nic?.close();
    this.ninep.close();
    this.console.close();
  }
}
