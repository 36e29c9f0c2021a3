import type { ByteDuplex } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { asSandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import { type ErrnoName, errno } from '#abi/errno.ts';
import type { VirtualMachine } from '#runtimes/ports.ts';
import { numbers } from '#runtimes/shim-frames.ts';
import type { FrameWriter } from './frame-writer.ts';
import { firstCredit, vmmFrame } from './vmm-frames.ts';

/** Kata's vsock ports (src/agent/src/config.rs), and the data port of v86's console that stands for each. */
const agentPort = 1024;
export const debugPort = 1026;
const dataPorts = new Map([
  [agentPort, 1],
  [debugPort, 2],
]);

/** Bytes of one data frame: what fits a message of the node's agent with its headers. */
const dataSize = 16 << 10;

/** What passes on a connection, for who watches it; may make it wait, until the signal says that it is over. */
export interface VsockTap {
  toGuest(bytes: Uint8Array, signal: AbortSignal): Promise<void> | undefined;
  fromGuest(bytes: Uint8Array): void;
}

/** Connections of clients on the node to ports of the machine, by way of its VMM. */
export class Vsock {
  readonly #machine: VirtualMachine;
  readonly #frames: FrameWriter;
  readonly #tapOf: (port: number) => VsockTap | undefined;
  readonly #connections = new Map<number, VsockConnection>();
  readonly #signal: AbortSignal;

  constructor(
    machine: VirtualMachine,
    frames: FrameWriter,
    signal: AbortSignal,
    tapOf: (port: number) => VsockTap | undefined,
  ) {
    this.#machine = machine;
    this.#frames = frames;
    this.#signal = signal;
    this.#tapOf = tapOf;
  }

  /** Two at one port would take each other's bytes. */
  open(payload: Uint8Array): void {
    const [id = 0, port = 0] = values(payload);
    const dataPort = dataPorts.get(port);
    const isTaken = [...this.#connections.values()].some((each) => each.port === port);
    if (dataPort === undefined || isTaken) {
      const why = dataPort === undefined ? errno.ECONNREFUSED : errno.EBUSY;
      this.#frames.send(vmmFrame.opened, numbers(id, why));
      return;
    }
    const connection = new VsockConnection({
      id,
      port,
      frames: this.#frames,
      tap: this.#tapOf(port),
      signal: this.#signal,
      onClose: () => this.#connections.delete(id),
    });
    this.#connections.set(id, connection);
    void this.#connect(connection, dataPort);
  }

  data(payload: Uint8Array): void {
    const [id = 0] = values(payload);
    this.#connections.get(id)?.push(payload.slice(4));
  }

  credit(payload: Uint8Array): void {
    const [id = 0, bytes = 0] = values(payload);
    this.#connections.get(id)?.grant(bytes);
  }

  close(payload: Uint8Array): void {
    const [id = 0] = values(payload);
    this.#connections.get(id)?.close();
  }

  async #connect(connection: VsockConnection, dataPort: number): Promise<void> {
    const { id, signal } = connection;
    try {
      const stream = await this.#machine.open(dataPort, signal);
      this.#frames.send(vmmFrame.opened, numbers(id, 0));
      await connection.run(stream);
    } catch (error) {
      if (signal.aborted) return;
      connection.close();
      const { errno: name } = asSandglassError(error);
      // Whichever of the two the VMM waits for.
      this.#frames.send(vmmFrame.opened, numbers(id, errno[(name ?? 'EIO') as ErrnoName]));
      this.#frames.send(vmmFrame.close, numbers(id));
    }
  }
}

interface VsockConnectionParts {
  id: number;
  /** Kata's. */
  port: number;
  frames: FrameWriter;
  tap: VsockTap | undefined;
  /** Fires when the machine is no more. */
  signal: AbortSignal;
  /** Once, when either side has closed it. */
  onClose: () => void;
}

class VsockConnection {
  readonly id: number;
  readonly port: number;
  /** Fires when it is closed, or the machine is no more. */
  readonly signal: AbortSignal;
  readonly #frames: FrameWriter;
  readonly #closed = new AbortController();
  readonly #onClose: () => void;
  readonly #tap: VsockTap | undefined;
  readonly #toGuest: Uint8Array[] = [];
  #arrived = new Deferred<void>();
  #credit = firstCredit;
  #granted = new Deferred<void>();

  constructor({ id, port, frames, tap, signal, onClose }: VsockConnectionParts) {
    this.id = id;
    this.port = port;
    this.signal = AbortSignal.any([signal, this.#closed.signal]);
    this.#frames = frames;
    this.#onClose = onClose;
    this.#tap = tap;
  }

  push(bytes: Uint8Array): void {
    this.#toGuest.push(bytes);
    this.#arrived.resolve();
  }

  grant(bytes: number): void {
    this.#credit += bytes;
    this.#granted.resolve();
  }

  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#onClose();
  }

  /** Until either side closes it. */
  async run(stream: ByteDuplex): Promise<void> {
    await Promise.all([this.#feed(stream), this.#drain(stream)]);
  }

  async #feed({ outgoing }: ByteDuplex): Promise<void> {
    const { signal } = this;
    while (!signal.aborted) {
      const bytes = this.#toGuest.shift();
      if (!bytes) {
        await untilAborted(this.#arrived.promise, signal);
        this.#arrived = new Deferred();
        continue;
      }
      await this.#tap?.toGuest(bytes, signal);
      await outgoing.write(bytes, signal);
      this.#frames.send(vmmFrame.credit, numbers(this.id, bytes.length));
    }
  }

  async #drain({ incoming }: ByteDuplex): Promise<void> {
    const { signal } = this;
    // The port of the debug console stays open where a vsock would be closed: see images/guest/kata-agent/console.c.
    const endsWithNul = this.port === debugPort;
    for (let bytes = await incoming.read(signal); bytes; bytes = await incoming.read(signal)) {
      this.#tap?.fromGuest(bytes);
      const end = endsWithNul ? bytes.indexOf(0) : -1;
      await this.#send(end < 0 ? bytes : bytes.subarray(0, end));
      if (end >= 0) break;
    }
    this.close();
    this.#frames.send(vmmFrame.close, numbers(this.id));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#credit === 0) {
        await untilAborted(this.#granted.promise, this.signal);
        this.#granted = new Deferred();
        continue;
      }
      const part = bytes.subarray(at, at + Math.min(this.#credit, dataSize));
      this.#frames.send(vmmFrame.data, numbers(this.id), part);
      this.#credit -= part.length;
      at += part.length;
    }
  }
}

function values(payload: Uint8Array): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return payload.length < 8
    ? [view.getUint32(0, true)]
    : [view.getUint32(0, true), view.getUint32(4, true)];
}
