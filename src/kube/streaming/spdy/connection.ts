import type { ByteDuplex } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { ByteReader } from '#base/byte-reader.ts';
import { FrameWriter } from '#kube/streaming/frame-writer.ts';
import { readConnection } from '#kube/streaming/read-connection.ts';
import {
  type ControlFrame,
  type DataFrame,
  encodeControl,
  encodeData,
  encodeSynStream,
  flags,
  frameTypes,
  goAwayStatus,
  readFrame,
  resetStatus,
  synStreamHeadersAt,
  uint32At,
  violation,
} from './frame.ts';
import { HeaderDecoder, HeaderEncoder } from './header-codec.ts';
import { SpdyStream, type StreamFrames } from './stream.ts';

/** Streams that one peer may have open. */
const streamsMax = 1000;

/** Answers that may wait to be sent: a peer that asks without reading is cut off. */
const waitingMax = 200;

export interface SpdyOptions {
  role: 'client' | 'server';
  /** Takes a stream that the peer opened; throws to refuse it. */
  onStream?: (stream: SpdyStream) => void;
}

/** A SPDY/3.1 connection, as far as Kubernetes uses it: no priorities, no windows, no pushed streams. */
export class SpdyConnection {
  /** Resolves when nothing more will be received. */
  readonly closed: Promise<undefined>;
  readonly #stream: ByteDuplex;
  readonly #reader: ByteReader;
  readonly #writer: FrameWriter;
  readonly #onStream: SpdyOptions['onStream'];
  readonly #encoder = new HeaderEncoder();
  readonly #decoder = new HeaderDecoder();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #pings = new Map<number, Deferred<undefined>>();
  readonly #closed = new Deferred<undefined>();
  readonly #frames: StreamFrames;
  #isOver = false;
  #isGoingAway = false;
  #isPeerGoing = false;
  #nextId: number;
  #nextPing: number;
  #lastPeerId = 0;

  constructor(stream: ByteDuplex, { role, onStream }: SpdyOptions) {
    this.closed = this.#closed.promise;
    this.#stream = stream;
    this.#reader = readConnection(stream.incoming);
    this.#writer = new FrameWriter(stream.outgoing);
    this.#onStream = onStream;
    // Clients count in odd numbers, servers in even ones.
    this.#nextId = role === 'client' ? 1 : 2;
    this.#nextPing = this.#nextId;
    this.#frames = {
      data: (id, bytes, fin, signal) => this.#writer.write(encodeData(id, bytes, fin), signal),
      reset: (id) => this.#reset(id, resetStatus.cancel),
      done: (id) => this.#streams.delete(id),
    };
  }

  /** Takes in frames until the connection is over; never rejects. */
  async run(): Promise<void> {
    let failure: SandglassError | undefined;
    try {
      while (await this.#takeFrame());
    } catch (thrown) {
      failure = asSandglassError(thrown);
      this.#goAway(goAwayStatus.protocolError);
    }
    this.#finish(failure);
    this.#writer.end();
    if (failure) this.#stream.incoming.cancel();
  }

  /** Opens a stream and waits until the peer has accepted it. */
  async createStream(headers: Headers, signal?: AbortSignal): Promise<SpdyStream> {
    if (this.#isOver || this.#isGoingAway) throw closedError();
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new SpdyStream(id, headers, this.#frames);
    this.#streams.set(id, stream);
    try {
      // Numbered, compressed and queued in one go: the peer expects them in order.
      void this.#writer
        .write(encodeSynStream(id, this.#encoder.encode(headers)))
        .catch(() => undefined);
      await untilAborted(stream.opened, signal);
    } catch (thrown) {
      stream.close();
      throw thrown;
    }
    return stream;
  }

  /** Resolves when the peer has answered. */
  async ping(signal?: AbortSignal): Promise<void> {
    if (this.#isOver) throw closedError();
    const id = this.#nextPing;
    this.#nextPing += 2;
    const answered = new Deferred<undefined>();
    this.#pings.set(id, answered);
    try {
      await this.#writer.write(encodeControl(frameTypes.ping, [id]), signal);
      await untilAborted(answered.promise, signal);
    } finally {
      this.#pings.delete(id);
    }
  }

  /** Says goodbye and receives no more; what was sent before still arrives. */
  leave(): void {
    this.#goAway(goAwayStatus.ok);
    this.#finish(undefined);
    this.#stream.incoming.cancel();
    this.#writer.end();
  }

  /** Ends the connection and all its streams. */
  close(): void {
    this.#finish(undefined);
    this.#stream.close();
  }

  /** False at the end. */
  async #takeFrame(): Promise<boolean> {
    const frame = await readFrame(this.#reader);
    if (!frame) return false;
    if (frame.kind === 'data') {
      await this.#takeData(frame);
      return true;
    }
    return this.#takeControl(frame);
  }

  async #takeData({ streamId, length, flags: frameFlags }: DataFrame): Promise<void> {
    for (let missing = length; missing > 0;) {
      const bytes = await this.#reader.takeSome(missing);
      missing -= bytes.length;
      await this.#streams.get(streamId)?.deliver(bytes);
    }
    if ((frameFlags & flags.fin) !== 0) this.#streams.get(streamId)?.endIncoming();
  }

  #takeControl({ type, flags: frameFlags, payload }: ControlFrame): boolean {
    if (this.#writer.waiting > waitingMax) {
      throw new SandglassError('resource-exhausted', 'SPDY: The peer reads too slowly.');
    }
    switch (type) {
      case frameTypes.synStream:
        this.#takeSynStream(payload, frameFlags);
        break;
      case frameTypes.synReply:
        this.#takeSynReply(payload, frameFlags);
        break;
      case frameTypes.headers:
        // Nothing uses them, but the decompressor must have seen them.
        this.#decoder.decode(payload.subarray(4));
        this.#endIfFin(uint32At(payload, 0), frameFlags);
        break;
      case frameTypes.rstStream:
        this.#streams
          .get(uint32At(payload, 0))
          ?.tear(new SandglassError('aborted', 'The peer has reset the stream.'));
        break;
      case frameTypes.ping:
        this.#takePing(uint32At(payload, 0));
        break;
      case frameTypes.goAway:
        this.#isPeerGoing = true;
        return false;
      // Windows and settings are not used; frames of other types are to be ignored (SPDY/3.1, 2.2.1).
    }
    return true;
  }

  #takeSynStream(payload: Uint8Array, frameFlags: number): void {
    const id = uint32At(payload, 0);
    const headers = this.#decoder.decode(payload.subarray(synStreamHeadersAt));
    if (id <= this.#lastPeerId || id % 2 === this.#nextId % 2) {
      throw violation(`A stream has the wrong number ${id}.`);
    }
    this.#lastPeerId = id;
    const stream = new SpdyStream(id, headers, this.#frames);
    try {
      if (!this.#onStream || this.#isGoingAway || this.#streams.size >= streamsMax) {
        throw new SandglassError('unavailable', 'No more streams are taken.');
      }
      this.#streams.set(id, stream);
      this.#endIfFin(id, frameFlags);
      this.#onStream(stream);
    } catch (thrown) {
      this.#reset(id, resetStatus.refusedStream);
      stream.tear(asSandglassError(thrown));
      return;
    }
    this.#send(encodeControl(frameTypes.synReply, [id], this.#encoder.encode(new Headers())));
    stream.open();
  }

  #takeSynReply(payload: Uint8Array, frameFlags: number): void {
    const id = uint32At(payload, 0);
    this.#decoder.decode(payload.subarray(4));
    this.#streams.get(id)?.open();
    this.#endIfFin(id, frameFlags);
  }

  #endIfFin(id: number, frameFlags: number): void {
    if ((frameFlags & flags.fin) !== 0) this.#streams.get(id)?.endIncoming();
  }

  /** Own pings come back; the peer's are sent back. */
  #takePing(id: number): void {
    if (id % 2 === this.#nextPing % 2) this.#pings.get(id)?.resolve(undefined);
    else this.#send(encodeControl(frameTypes.ping, [id]));
  }

  #reset(id: number, status: number): void {
    this.#send(encodeControl(frameTypes.rstStream, [id, status]));
  }

  #goAway(status: number): void {
    if (this.#isGoingAway) return;
    this.#isGoingAway = true;
    this.#send(encodeControl(frameTypes.goAway, [this.#lastPeerId, status]));
  }

  #send(frame: Uint8Array): void {
    void this.#writer.write(frame).catch(() => undefined);
  }

  #finish(failure: SandglassError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const error = failure ?? closedError();
    // A peer that said goodbye has said all; upstream's does so without ending its streams one by one.
    const incoming = this.#isPeerGoing ? undefined : error;
    for (const stream of [...this.#streams.values()]) stream.tear(error, incoming);
    for (const ping of this.#pings.values()) ping.reject(error);
    this.#closed.resolve(undefined);
  }
}

function closedError(): SandglassError {
  return new SandglassError('unavailable', 'The SPDY connection has been closed.');
}
