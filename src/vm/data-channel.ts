import { Deferred } from '#base/deferred.ts';
import { Emitter, type Unsubscribe } from '#base/emitter.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { ReportFailure } from './events.ts';
import { PieceQueue } from './piece-queue.ts';
import type { VirtIO } from './v86-internals.ts';

/** Linux posts a page a descriptor; v86 cuts off what goes beyond it (virtio.js, set_next_blob). */
const longestInput = 4096;
/** VIRTIO_CONFIG_S_DRIVER_OK */
const driverOk = 4;

export interface DataChannelParts {
  port: number;
  device: VirtIO;
  open: boolean;
  /** Puts at most 4,096 bytes into the guest's next buffer. */
  deliverInput: (bytes: Uint8Array) => void;
  /** Makes v86 take what waits in the guest's transmit queue. */
  takeOutput: (queueId: number) => void;
  report: ReportFailure;
}

/**
 * A lossless stream of bytes both ways with whoever has `/dev/vportNpM` open in the guest.
 *
 * - To the guest: only while its queue has a buffer, resumed when it adds one. v86 drops what finds
 *   no buffer (virtio_console.js:214), and Linux what comes while nobody has the port open.
 * - From the guest: only while somebody listens and the channel is not held. The bytes then stay in
 *   the guest, whose `write` waits once its queue of 8 is full.
 */
export class DataChannel {
  readonly #port: number;
  /** Gone once the machine has ended. */
  #parts: DataChannelParts | undefined;
  readonly #queue = new PieceQueue(longestInput);
  readonly #output: Emitter<Uint8Array>;
  #open: boolean;
  #held = false;
  #pumping = false;
  #opened = new Deferred<void>();
  #failure: SandglassError | undefined;

  constructor(parts: DataChannelParts) {
    this.#port = parts.port;
    this.#parts = parts;
    this.#open = parts.open;
    // Must not hold on to the parts: through the device they reach all of the machine's memory.
    const { port, report } = parts;
    const onListenerError = (error: unknown) => {
      report(`channel ${port}`, error);
    };
    this.#output = new Emitter(onListenerError);
  }

  /** Whether a guest process has the port open. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Resolves when a guest process has the port open; rejects with `unavailable` if the machine ends before. */
  whenOpen(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return this.#open ? Promise.resolve() : this.#opened.promise;
  }

  /** Nothing waits to be sent. */
  get quiet(): boolean {
    return this.#queue.length === 0;
  }

  /**
   * Resolves when the guest's kernel has all bytes. Waits for a process to open the port; rejects
   * with `unavailable` if it closes it or the machine ends before all were sent. The bytes must not
   * be changed until then.
   */
  send(bytes: Uint8Array): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (bytes.length === 0) return Promise.resolve();
    const sent = this.#queue.add(bytes);
    this.#pump();
    return sent;
  }

  /** The bytes given to the listener are its own. Until somebody listens, the guest's writer waits. */
  listen(listener: (bytes: Uint8Array) => void): Unsubscribe {
    const unsubscribe = this.#output.listen(listener);
    this.#take();
    return unsubscribe;
  }

  /** Back-pressure: leaves what the guest writes in the guest until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#take();
  }

  // What follows is for the ConsoleDevice.

  get holding(): boolean {
    return this.#held || this.#output.listenerCount === 0;
  }

  received(bytes: Uint8Array): void {
    this.#output.emit(bytes);
  }

  refilled(): void {
    this.#pump();
  }

  guestOpened(open: boolean): void {
    if (open === this.#open) return;
    this.#open = open;
    if (open) {
      this.#opened.resolve();
      this.#opened = new Deferred();
    } else {
      this.#queue.fail(new SandglassError('unavailable', `The guest closed port ${this.#port}.`));
    }
    this.#pump();
  }

  fail(error: SandglassError): void {
    this.#failure = error;
    this.#queue.fail(error);
    this.#opened.reject(error);
    this.#open = false;
    this.#output.clear();
    this.#parts = undefined;
  }

  #pump(): void {
    // Delivering raises an interrupt, never a kick from the guest, but a listener may send.
    if (this.#pumping || !this.#open) return;
    this.#pumping = true;
    const report = this.#parts?.report;
    try {
      while (this.#queue.length > 0 && this.#parts && this.#hasRequest(2 * this.#port + 2)) {
        this.#parts.deliverInput(this.#queue.take());
      }
    } catch (error) {
      // The guest's ring points outside its memory.
      this.#queue.fail(asSandglassError(error));
      report?.(`channel ${this.#port}`, error);
    } finally {
      this.#pumping = false;
    }
  }

  #take(): void {
    const transmitQueue = 2 * this.#port + 3;
    if (!this.holding && this.#hasRequest(transmitQueue)) this.#parts?.takeOutput(transmitQueue);
  }

  /** Whether the guest has put buffers into a queue: empty ones to fill, or full ones to take. */
  #hasRequest(queueId: number): boolean {
    const device = this.#parts?.device;
    // Asked of a queue that the driver has not set up, has_request reads physical address 2.
    if (!device || (device.device_status & driverOk) === 0) return false;
    const queue = device.queues[queueId];
    return queue !== undefined && Boolean(queue.is_configured()) && queue.has_request();
  }
}
