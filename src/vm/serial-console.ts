import { concatBytes } from '#base/byte-stream.ts';
import { Emitter, type Unsubscribe } from '#base/emitter.ts';
import type { ReportFailure } from './events.ts';
import type { EmulatorInternals, Uart } from './v86-internals.ts';

/** Bytes of output kept for who comes later. */
const scrollbackBytes = 128 << 10;
/** The FIFO of the 16550A that v86 claims to be. */
const fifoBytes = 16;
/** Output handed on within a slice, so that a guest that only prints cannot fill memory. */
const flushBytes = 4096;

/**
 * The first serial port. For people and the kernel's log: the guest spends an I/O exit on every
 * byte, and its terminal driver drops a line that nobody reads. Data goes over a DataChannel.
 */
export class SerialConsole {
  #emulator: EmulatorInternals | undefined;
  #uart: Uart | undefined;
  readonly #output: Emitter<Uint8Array>;
  readonly #input: number[] = [];
  readonly #pending = new Uint8Array(flushBytes);
  #pendingLength = 0;
  #scrollback: Uint8Array[] = [];
  #scrollbackLength = 0;

  constructor(emulator: EmulatorInternals, report: ReportFailure) {
    this.#emulator = emulator;
    this.#uart = emulator.v86.cpu.devices.uart0;
    this.#output = new Emitter((error) => {
      report('console', error);
    });
    emulator.bus.register('serial0-output-byte', (byte: number) => {
      this.#pending[this.#pendingLength++] = byte;
      if (this.#pendingLength === flushBytes) this.flush();
    });
  }

  /** Called with the output from now on, in chunks that are the listener's to keep. */
  listen(listener: (bytes: Uint8Array) => void): Unsubscribe {
    return this.#output.listen(listener);
  }

  /** The last output, at most 128 KiB. */
  scrollback(): Uint8Array {
    return concatBytes(this.#scrollback);
  }

  /** Types bytes, or text as UTF-8, at the pace at which the guest reads them. */
  send(input: ArrayLike<number> | string): void {
    const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
    for (let at = 0; at < bytes.length; at++) this.#input.push(bytes[at] ?? 0);
    this.pump();
  }

  /** What was typed and not read yet. v86 does not save what its UART has received (uart.js). */
  get typed(): number[] {
    return [...(this.#uart?.input ?? []), ...this.#input];
  }

  /** Hands on what the guest printed. The machine calls it after every slice. */
  flush(): void {
    if (this.#pendingLength === 0) return;
    const bytes = this.#pending.slice(0, this.#pendingLength);
    this.#pendingLength = 0;
    this.#remember(bytes);
    this.#output.emit(bytes);
  }

  /** Refills the UART up to its FIFO. The machine calls it after every slice. */
  pump(): void {
    if (!this.#emulator || !this.#uart) return;
    const count = Math.min(this.#input.length, fifoBytes - this.#uart.input.length);
    if (count <= 0) return;
    for (const byte of this.#input.splice(0, count)) {
      this.#emulator.bus.send('serial0-input', byte);
    }
  }

  close(): void {
    this.flush();
    this.#output.clear();
    this.#input.length = 0;
    this.#emulator = undefined;
    this.#uart = undefined;
  }

  #remember(bytes: Uint8Array): void {
    this.#scrollback.push(bytes);
    this.#scrollbackLength += bytes.length;
    while (this.#scrollbackLength - (this.#scrollback[0]?.length ?? 0) >= scrollbackBytes) {
      this.#scrollbackLength -= this.#scrollback.shift()?.length ?? 0;
    }
  }
}
