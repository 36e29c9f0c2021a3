import type { ByteDuplex } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { ByteReader } from '#base/byte-reader.ts';
import { FrameWriter } from '#kube/streaming/frame-writer.ts';
import { readConnection } from '#kube/streaming/read-connection.ts';
import {
  applyMask,
  closeCodes,
  controlPayloadMax,
  encodeFrame,
  type FrameHeader,
  opcodes,
  readFrameHeader,
} from './frame.ts';

/** Bytes of one frame that is sent and of one part that is received: memory is bound by this, not by messages. */
const partMax = 64 << 10;

export type WebSocketRole = 'client' | 'server';

/** A piece of a message, as it came; a message of any length needs no room of its own. */
export interface MessagePart {
  type: 'text' | 'binary';
  bytes: Uint8Array;
  first: boolean;
  last: boolean;
}

/** Why a connection is over. 1005: the peer gave no code; 1006: it went away without a word (RFC 6455, 7.4.1). */
export interface WebSocketClose {
  code: number;
  reason: string;
}

interface OpenFrame {
  type: MessagePart['type'];
  header: FrameHeader;
  taken: number;
  first: boolean;
}

/** A WebSocket after its handshake (RFC 6455), without extensions. */
export class WebSocketConnection {
  readonly role: WebSocketRole;
  /** Settles when nothing more will be received. */
  readonly closed: Promise<WebSocketClose>;
  readonly #stream: ByteDuplex;
  readonly #reader: ByteReader;
  readonly #writer: FrameWriter;
  readonly #closed = new Deferred<WebSocketClose>();
  #frame: OpenFrame | undefined;
  /** The type of the message whose next fragment is to come. */
  #message: MessagePart['type'] | undefined;
  #utf8: TextDecoder | undefined;
  #isReceiving = true;
  #isSending = true;
  #hasPeerClosed = false;
  #pong: Uint8Array | undefined;

  constructor(stream: ByteDuplex, role: WebSocketRole) {
    this.role = role;
    this.closed = this.#closed.promise;
    this.#stream = stream;
    this.#reader = readConnection(stream.incoming);
    this.#writer = new FrameWriter(stream.outgoing);
  }

  /** Sends one message; resolves when there is room for more. */
  async send(
    type: MessagePart['type'],
    parts: readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<void> {
    if (!this.#isSending) throw closedError();
    await this.#writer.write(this.#encode(opcodes[type], parts), signal);
  }

  /**
   * The next part of a message; `undefined` when the peer has closed. Answers pings on the way, so
   * somebody should receive as long as the connection lives: one caller at a time, whom `abort` releases.
   */
  async receive(): Promise<MessagePart | undefined> {
    if (!this.#isReceiving) return undefined;
    try {
      this.#frame ??= await this.#nextDataFrame();
      return this.#frame && (await this.#nextPart(this.#frame));
    } catch (thrown) {
      this.#finish({ code: 1006, reason: asSandglassError(thrown).message });
      throw thrown;
    }
  }

  /** Says goodbye. What was sent before still arrives; the peer's goodbye comes through `receive`. */
  close(code: number = closeCodes.normal, reason = ''): void {
    if (!this.#isSending) return;
    this.#sendClose(code, reason);
  }

  /** Says goodbye and does not wait for an answer. */
  leave(): void {
    this.close();
    this.#finish({ code: 1006, reason: '' });
    this.#stream.incoming.cancel();
    this.#writer.end();
  }

  /** Ends the connection at once, unless the peer has said goodbye: then our answer still goes out. */
  abort(): void {
    if (this.#hasPeerClosed) {
      this.leave();
      return;
    }
    this.#isSending = false;
    this.#finish({ code: 1006, reason: '' });
    this.#stream.close();
  }

  async #nextDataFrame(): Promise<OpenFrame | undefined> {
    for (;;) {
      const header = await readFrameHeader(this.#reader);
      if (!header) {
        this.#finish({ code: 1006, reason: '' });
        throw new SandglassError('unavailable', 'The WebSocket ended without being closed.');
      }
      this.#check(header);
      if (header.opcode < opcodes.close) return this.#open(header);
      const payload = await this.#controlPayload(header);
      if (header.opcode === opcodes.close) {
        this.#onClose(payload);
        return undefined;
      }
      if (header.opcode === opcodes.ping) this.#answerPing(payload);
    }
  }

  #check({ reserved, opcode, length, mask, final }: FrameHeader): void {
    const isKnown = opcode <= opcodes.binary || (opcode >= opcodes.close && opcode <= opcodes.pong);
    const isControl = opcode >= opcodes.close;
    if (reserved !== 0) throw this.#violation('A frame uses an extension that was not negotiated.');
    if (!isKnown) throw this.#violation(`A frame has the unknown opcode ${opcode}.`);
    if (Number.isNaN(length)) throw this.#violation('The length of a frame is not well-formed.');
    if ((mask !== undefined) !== (this.role === 'server')) {
      throw this.#violation(
        mask ? 'A server masked a frame.' : 'A client sent a frame without masking it.',
      );
    }
    if (isControl && (!final || length > controlPayloadMax)) {
      throw this.#violation('A control frame is fragmented or too long.');
    }
  }

  #open(header: FrameHeader): OpenFrame {
    const continues = header.opcode === opcodes.continuation;
    if (continues !== (this.#message !== undefined)) {
      throw this.#violation(
        continues
          ? 'A continuation came without a message to continue.'
          : 'A message began within another.',
      );
    }
    const type = this.#message ?? (header.opcode === opcodes.text ? 'text' : 'binary');
    this.#message = header.final ? undefined : type;
    return { type, header, taken: 0, first: !continues };
  }

  async #nextPart(frame: OpenFrame): Promise<MessagePart> {
    const { header, type } = frame;
    const missing = header.length - frame.taken;
    const raw =
      missing === 0 ? new Uint8Array(0) : await this.#reader.takeSome(Math.min(missing, partMax));
    // A copy: the bytes that came may still be somebody else's.
    const bytes = header.mask ? new Uint8Array(raw) : raw;
    if (header.mask) applyMask(bytes, header.mask, frame.taken);
    const { first } = frame;
    frame.first = false;
    frame.taken += bytes.length;
    const isFrameDone = frame.taken === header.length;
    const last = isFrameDone && header.final;
    if (isFrameDone) this.#frame = undefined;
    if (type === 'text') this.#checkText(bytes, last);
    return { type, bytes, first, last };
  }

  /** RFC 6455, 8.1. */
  #checkText(bytes: Uint8Array, last: boolean): void {
    this.#utf8 ??= new TextDecoder('utf-8', { fatal: true });
    try {
      this.#utf8.decode(bytes, { stream: !last });
    } catch {
      throw this.#violation('A text message is not UTF-8.', closeCodes.invalidPayload);
    }
  }

  async #controlPayload({ length, mask }: FrameHeader): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    const payload = new Uint8Array(await this.#reader.take(length));
    if (mask) applyMask(payload, mask, 0);
    return payload;
  }

  /** Of several pings while the connection is busy only the last is answered, as RFC 6455, 5.5.3 allows. */
  #answerPing(payload: Uint8Array): void {
    const isWaiting = this.#pong !== undefined;
    this.#pong = payload;
    if (isWaiting || !this.#isSending) return;
    void this.#sendPong().catch(() => undefined);
  }

  async #sendPong(): Promise<void> {
    while (this.#pong && this.#isSending) {
      const pong = this.#pong;
      await this.#writer.write(this.#encode(opcodes.pong, [pong]));
      if (this.#pong === pong) this.#pong = undefined;
    }
  }

  #onClose(payload: Uint8Array): void {
    const close = this.#decodeClose(payload);
    this.#hasPeerClosed = true;
    this.#finish(close);
    // RFC 6455, 5.5.1: a goodbye is answered with the same code.
    if (this.#isSending) this.#sendClose(close.code === 1005 ? undefined : close.code, '');
    this.#writer.end();
  }

  #decodeClose(payload: Uint8Array): WebSocketClose {
    if (payload.length === 0) return { code: 1005, reason: '' };
    const [high = 0, low = 0] = payload;
    const code = (high << 8) | low;
    if (payload.length === 1 || !isSendable(code)) {
      throw this.#violation('The code of a close frame is none that may be sent.');
    }
    try {
      const utf8 = new TextDecoder('utf-8', { fatal: true });
      return { code, reason: utf8.decode(payload.subarray(2)) };
    } catch {
      throw this.#violation('The reason for a close is not UTF-8.', closeCodes.invalidPayload);
    }
  }

  #sendClose(code: number | undefined, reason: string): void {
    this.#isSending = false;
    const text = new TextEncoder().encode(reason).subarray(0, controlPayloadMax - 2);
    const payload = code === undefined ? [] : [new Uint8Array([code >> 8, code & 0xff]), text];
    void this.#writer.write(this.#encode(opcodes.close, payload)).catch(() => undefined);
  }

  /** RFC 6455, 7.1.7: tells the peer what is wrong, and ends the connection. */
  #violation(message: string, code: number = closeCodes.protocolError): SandglassError {
    if (this.#isSending) this.#sendClose(code, message);
    this.#writer.end();
    this.#stream.incoming.cancel();
    return new SandglassError('internal', `WebSocket: ${message}`);
  }

  #finish(close: WebSocketClose): void {
    this.#isReceiving = false;
    this.#closed.resolve(close);
  }

  #encode(opcode: number, parts: readonly Uint8Array[]): Uint8Array {
    return encodeFrame(opcode, parts, { masked: this.role === 'client' });
  }
}

/** RFC 6455, 7.4.2, and the codes that IANA has registered since. */
function isSendable(code: number): boolean {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}

function closedError(): SandglassError {
  return new SandglassError('unavailable', 'The WebSocket has been closed.');
}
