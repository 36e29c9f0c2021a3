import type { ByteDuplex } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { asSandglassError } from '#base/errors.ts';
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

/** What passes on a connection, for who watches it. */
export interface VsockTap {
  /** May make it wait; rejects when the signal fires, with the connection or its machine. */
  toGuest(bytes: Uint8Array, signal?: AbortSignal): Promise<void> | undefined;
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

  open(payload: Uint8Array): void {
    const [id = 0, port = 0] = values(payload);
    const closed = new AbortController();
    const signal = AbortSignal.any([this.#signal, closed.signal]);
    const connection = new VsockConnection(id, this.#frames, closed, {
      tap: this.#tapOf(port),
      endsWithNul: port === debugPort,
    });
    this.#connections.set(id, connection);
    void this.#connect(connection, port, signal);
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
    this.#connections.delete(id);
  }

  async #connect(connection: VsockConnection, port: number, signal: AbortSignal): Promise<void> {
    const { id } = connection;
    const dataPort = dataPorts.get(port);
    if (dataPort === undefined) {
      this.#frames.send(vmmFrame.opened, numbers(id, errno.ECONNREFUSED));
      return;
    }
    try {
      const stream = await this.#machine.open(dataPort, signal);
      this.#frames.send(vmmFrame.opened, numbers(id, 0));
      await connection.run(stream, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { errno: name } = asSandglassError(error);
      this.#frames.send(vmmFrame.opened, numbers(id, errno[(name ?? 'EIO') as ErrnoName]));
      this.#frames.send(vmmFrame.close, numbers(id));
    }
  }
}

class VsockConnection {
  readonly id: number;
  readonly #frames: FrameWriter;
  readonly #closed: AbortController;
  readonly #tap: VsockTap | undefined;
  /** The port of the debug console stays open where a vsock would be closed: see images/guest/kata-agent/console.c. */
  readonly #endsWithNul: boolean;
  readonly #toGuest: Uint8Array[] = [];
  #arrived = new Deferred<void>();
  #credit = firstCredit;
  #granted = new Deferred<void>();

  constructor(
    id: number,
    frames: FrameWriter,
    closed: AbortController,
    { tap, endsWithNul }: { tap: VsockTap | undefined; endsWithNul: boolean },
  ) {
    this.id = id;
    this.#frames = frames;
    this.#closed = closed;
    this.#tap = tap;
    this.#endsWithNul = endsWithNul;
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
    this.#closed.abort();
    this.#arrived.resolve();
    this.#granted.resolve();
  }

  /** Until either side closes it. */
  async run(stream: ByteDuplex, signal: AbortSignal): Promise<void> {
    await Promise.all([this.#feed(stream, signal), this.#drain(stream, signal)]);
  }

  async #feed({ outgoing }: ByteDuplex, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const bytes = this.#toGuest.shift();
      if (!bytes) {
        await this.#arrived.promise;
        this.#arrived = new Deferred();
        continue;
      }
      await this.#tap?.toGuest(bytes, signal);
      await outgoing.write(bytes, signal);
      this.#frames.send(vmmFrame.credit, numbers(this.id, bytes.length));
    }
  }

  async #drain({ incoming }: ByteDuplex, signal: AbortSignal): Promise<void> {
    for (let bytes = await incoming.read(signal); bytes; bytes = await incoming.read(signal)) {
      this.#tap?.fromGuest(bytes);
      const end = this.#endsWithNul ? bytes.indexOf(0) : -1;
      await this.#send(end < 0 ? bytes : bytes.subarray(0, end), signal);
      if (end >= 0) break;
    }
    this.#frames.send(vmmFrame.close, numbers(this.id));
    this.close();
  }

  async #send(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    for (let at = 0; at < bytes.length && !signal.aborted;) {
      if (this.#credit === 0) {
        await this.#granted.promise;
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
