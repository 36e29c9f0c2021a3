import { Emitter, type Unsubscribe } from '#base/emitter.ts';
import { type ReportFailure, contained } from './events.ts';
import type { EmulatorInternals, VirtioNet } from './v86-internals.ts';

/** VIRTIO_CONFIG_S_DRIVER_OK */
const driverOk = 4;
/** Destination, source, type; and an 802.1Q tag, which the MTU does not count either. */
const ethernetHeaderBytes = 14 + 4;

export interface NicCounters {
  framesToGuest: number;
  framesFromGuest: number;
  bytesToGuest: number;
  bytesFromGuest: number;
  /** Refused because the driver was not up, its ring was full, or the frame too long. */
  framesDropped: number;
}

/** The virtio NIC as a stream of Ethernet frames, without checksum. Frames may be lost, as on a wire. */
export class Nic {
  readonly mtu: number;
  /** Both are gone once the machine was disposed. */
  #emulator: EmulatorInternals | undefined;
  #device: VirtioNet | undefined;
  readonly #report: ReportFailure;
  #lastMac = '';
  readonly #frames: Emitter<Uint8Array>;
  readonly #counters: NicCounters = {
    framesToGuest: 0,
    framesFromGuest: 0,
    bytesToGuest: 0,
    bytesFromGuest: 0,
    framesDropped: 0,
  };

  constructor(
    emulator: EmulatorInternals,
    device: VirtioNet,
    mtu: number,
    mac: Uint8Array,
    report: ReportFailure,
  ) {
    this.mtu = mtu;
    this.#device = device;
    // The driver reads it when it loads; v86's own is random, from 3 × 255 values.
    device.mac.set(mac);
    this.#emulator = emulator;
    this.#report = report;
    this.#frames = new Emitter((error) => {
      report('nic', error);
    });
    const onSend = contained('nic', report, (frame: Uint8Array) => {
      this.#received(frame);
    });
    emulator.bus.register('net0-send', onSend);
  }

  /**
   * The device's MAC: what the guest set last, or what the device offers it. After a restore the
   * guest goes on with its snapshot's until the agent sets this one.
   */
  get mac(): string {
    if (this.#device) this.#lastMac = formatMac(this.#device.mac);
    return this.#lastMac;
  }

  get counters(): Readonly<NicCounters> {
    return { ...this.#counters };
  }

  /** False if the frame was dropped. The frame may be reused at once. */
  send(frame: Uint8Array): boolean {
    if (!this.#hasRoom() || frame.length > this.mtu + ethernetHeaderBytes) {
      this.#counters.framesDropped++;
      return false;
    }
    try {
      this.#emulator?.bus.send('net0-receive', frame);
    } catch (error) {
      // The guest's ring points outside its memory.
      this.#counters.framesDropped++;
      this.#report('nic', error);
      return false;
    }
    this.#counters.framesToGuest++;
    this.#counters.bytesToGuest += frame.length;
    return true;
  }

  /** The frames given to the listener are its own, each alone in its buffer. */
  listen(listener: (frame: Uint8Array) => void): Unsubscribe {
    return this.#frames.listen(listener);
  }

  close(): void {
    this.#lastMac = this.mac;
    this.#frames.clear();
    this.#device = undefined;
    this.#emulator = undefined;
  }

  /**
   * Before the driver is up v86's queue reads its ring at address 0 and then writes there: five
   * early frames changed 31 bytes of the interrupt table, and the machine did not boot. A frame for
   * a full ring v86 reports to console.log (virtio_net.js:204).
   */
  #hasRoom(): boolean {
    const virtio = this.#device?.virtio;
    if (!virtio || (virtio.device_status & driverOk) === 0) return false;
    const queue = virtio.queues[0];
    return queue !== undefined && Boolean(queue.is_configured()) && queue.has_request();
  }

  #received(frame: Uint8Array): void {
    this.#counters.framesFromGuest++;
    this.#counters.bytesFromGuest += frame.length;
    // v86's frame starts 12 bytes into its buffer: of no use to who transfers the buffer.
    if (this.#frames.listenerCount > 0) this.#frames.emit(frame.slice());
  }
}

/** A locally administered unicast address. */
export function randomMac(): Uint8Array {
  const mac = crypto.getRandomValues(new Uint8Array(6));
  mac[0] = ((mac[0] ?? 0) & 0xfc) | 0x02;
  return mac;
}

export function formatMac(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

export function parseMac(text: string): Uint8Array {
  const parts = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? text.split(':') : undefined;
  if (!parts) throw new TypeError(`"${text}" is not a MAC address.`);
  return Uint8Array.from(parts, (part) => parseInt(part, 16));
}
