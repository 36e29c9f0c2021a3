import { SandglassError } from '#base/errors.ts';
import { DataChannel } from './data-channel.ts';
import { type ReportFailure, contained } from './events.ts';
import { announceDataPorts } from './patches/data-ports.ts';
import { wrapNotifyWrites } from './patches/notify-writes.ts';
import type { Cpu, EmulatorInternals, VirtioConsole } from './v86-internals.ts';

/** Ports that the guest sees as /dev/vportNpM. Port 0 stays a console, hvc0. */
export const dataPorts = [1, 2, 3] as const;

/** VIRTIO_CONSOLE_PORT_OPEN, virtio 1.2, 5.3.6.2: the guest opened or closed a port. */
const portOpenEvent = 6;
const controlTransmitQueue = 3;

/** Handler indices of the notify BAR (virtio_console.js): which kicks go where. */
const notify = { refill: 0, transmit: 1, controlTransmit: 3 } as const;

/** The virtio console: three data channels, and who has which port open. */
export class ConsoleDevice {
  #cpu: Cpu | undefined;
  #device: VirtioConsole | undefined;
  readonly #channels: ReadonlyMap<number, DataChannel>;

  /** `openPorts`: what a snapshot says was open; a guest does not announce it again. */
  constructor(
    emulator: EmulatorInternals,
    device: VirtioConsole,
    openPorts: readonly number[],
    report: ReportFailure,
  ) {
    const { cpu } = emulator.v86;
    this.#cpu = cpu;
    this.#device = device;
    announceDataPorts(device);
    let transmitted: (queueId: number) => void = () => undefined;
    this.#channels = new Map(
      dataPorts.map((port) => [
        port,
        new DataChannel({
          port,
          device: device.virtio,
          open: openPorts.includes(port),
          deliverInput: (bytes) => {
            emulator.bus.send(`virtio-console${port}-input-bytes`, bytes);
          },
          takeOutput: (queueId) => {
            transmitted(queueId);
          },
          report,
        }),
      ]),
    );
    for (const [port, channel] of this.#channels) {
      const listener = contained(`channel ${port}`, report, (bytes: Uint8Array) => {
        channel.received(bytes);
      });
      emulator.bus.register(`virtio-console${port}-output-bytes`, listener);
    }
    const wrap = (index: number, around: (queueId: number, deliver: () => void) => void) =>
      wrapNotifyWrites(cpu, device.virtio, index, around);
    wrap(notify.refill, (queueId, deliver) => {
      deliver();
      this.#of(queueId)?.refilled();
    });
    transmitted = wrap(notify.transmit, (queueId, deliver) => {
      // Held back, the bytes stay in the guest's queue, and its writer waits when that is full.
      if (this.#of(queueId)?.holding !== true) deliver();
    });
    wrap(notify.controlTransmit, (queueId, deliver) => {
      if (queueId === controlTransmitQueue) this.#readControlMessages();
      deliver();
    });
  }

  channel(port: number): DataChannel {
    const channel = this.#channels.get(port);
    if (!channel) throw new SandglassError('not-found', `There is no data port ${port}.`);
    return channel;
  }

  /** Nothing is on its way to the guest. */
  get quiet(): boolean {
    return [...this.#channels.values()].every((channel) => channel.quiet);
  }

  get openPorts(): number[] {
    return [...this.#channels].filter(([, channel]) => channel.isOpen).map(([port]) => port);
  }

  close(error: SandglassError): void {
    for (const channel of this.#channels.values()) channel.fail(error);
    this.#cpu = undefined;
    this.#device = undefined;
  }

  /** Port N > 0 has the queues 2N+2 (host to guest) and 2N+3 (guest to host). */
  #of(queueId: number): DataChannel | undefined {
    return queueId < 4 ? undefined : this.#channels.get((queueId - 2) >> 1);
  }

  /** Looks at what v86 is about to take: it knows PORT_OPEN but tells nobody. */
  #readControlMessages(): void {
    const cpu = this.#cpu;
    const queue = this.#device?.virtio.queues[controlTransmitQueue];
    if (!cpu || !queue?.is_configured()) return;
    const waiting = queue.count_requests();
    for (let i = 0; i < waiting; i++) {
      const head = queue.avail_get_entry(queue.avail_last_idx + i);
      const { addr_low: address, len } = queue.get_descriptor(queue.desc_addr, head);
      if (len < 8) continue;
      const port = cpu.read32s(address);
      const event = cpu.read16(address + 4);
      const value = cpu.read16(address + 6);
      if (event === portOpenEvent) this.#channels.get(port)?.guestOpened(value === 1);
    }
  }
}
