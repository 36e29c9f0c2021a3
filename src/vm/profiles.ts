/** What a machine is made of. Plain data, so that it can cross to a worker. */
export interface MachineProfile {
  name: string;
  /** At least what the kernel needs to unpack itself, and the initramfs behind that (kernel-image.ts). */
  memoryBytes: number;
  vgaMemoryBytes: number;
  /** An APIC and ACPI tables. The local APIC's timer lets an idle guest sleep longer than the PIT. */
  acpi: boolean;
  /** Kernel command line; unused on a restore. */
  commandLine: string;
  /** A virtio NIC with this MTU. The guest reads the MTU when its driver loads. */
  nic?: { mtu: number };
  /** A virtio 9P device, mount tag `host9p`. */
  ninep: boolean;
}

const mebibyte = 1 << 20;

/**
 * What every guest kernel is told. `tsc=reliable`: v86's TSC runs at 1 GHz and never goes back, and
 * without this the watchdog throws it away after a pause. `mitigations=off`: there is nothing to
 * mitigate in an emulated CPU. `panic=0`: halt after a panic, so that the console can be read. Not
 * `quiet`: whoever switches the power on wants to see the kernel come up, and it costs 0.2 s.
 */
const commandLine = 'console=ttyS0 tsc=reliable mitigations=off panic=0';

/** The node: containers, the agent on a data port, large files over 9P. */
export const nodeProfile: MachineProfile = {
  name: 'node',
  memoryBytes: 256 * mebibyte,
  vgaMemoryBytes: mebibyte,
  acpi: true,
  commandLine,
  // Against 1,500 it quadruples TCP between two machines: 10.5 MB/s, not 2.4.
  nic: { mtu: 9000 },
  ninep: true,
};

/**
 * What the virtual machine of a pod is told besides: to print little of its start, as the console costs it time, and
 * not to try out whether the timer interrupts, which takes 0.1 s of busy waiting and may fail while the host is busy.
 */
const guestCommandLine = `${commandLine} quiet no_timer_check`;

/** The virtual machine of a pod: its agent on a data port, its files over 9P from the node. */
export function podProfile(board: 'pc' | 'minimal', memoryBytes: number): MachineProfile {
  return {
    name: `pod-${board}`,
    memoryBytes,
    vgaMemoryBytes: mebibyte,
    acpi: board === 'pc',
    commandLine: guestCommandLine,
    // The most that its network may have; the agent sets what it has.
    nic: { mtu: 9000 },
    ninep: true,
  };
}
