import { ByteQueue } from '#base/byte-queue.ts';
import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { Base64Decoder, encodeBase64 } from './base64.ts';
import type { MessagePart, WebSocketClose, WebSocketConnection } from './connection.ts';
import { closeCodes } from './frame.ts';

/** Bytes of a channel that wait for its reader; then the whole connection waits, as upstream's does. */
const channelCapacity = 256 << 10;

/** Bytes of one message: small enough that channels take turns. */
const messageMax = 32 << 10;

/** "Channel" of the message that ends another, in v5 (apimachinery, remotecommand.StreamClose). */
const closeChannel = 255;

export interface ChannelOptions {
  /** How a message looks: the channel's byte and the bytes, or its digit and base64. */
  encoding: 'binary' | 'base64';
  /** Whether a client can end one channel (v5). */
  halfClose: boolean;
  /** Those that are read here; what comes on others is dropped. */
  readable: readonly number[];
}

/** The channels that Kubernetes puts into one WebSocket (k8s.io/streaming, pkg/httpstream/wsstream/conn.go). */
export class WebSocketChannels {
  readonly #connection: WebSocketConnection;
  readonly #options: ChannelOptions;
  readonly #incoming = new Map<number, ByteQueue>();
  readonly #base64 = new Base64Decoder();
  /** Of the message that is coming in. */
  #channel: number | undefined;
  /** Of the message that ends a channel, which may come in pieces. */
  #isCloseTaken = false;

  constructor(connection: WebSocketConnection, options: ChannelOptions) {
    this.#connection = connection;
    this.#options = options;
    for (const channel of options.readable) {
      this.#incoming.set(channel, new ByteQueue({ capacity: channelCapacity }));
    }
  }

  /** What the peer sends on a channel; all channels end with the connection, or fail with it. */
  incoming(channel: number): ByteSource {
    const queue = this.#incoming.get(channel);
    if (!queue) throw new SandglassError('internal', `Channel ${channel} is not read here.`);
    return queue;
  }

  outgoing(channel: number): ByteSink {
    return {
      write: (bytes, signal) => this.#write(channel, bytes, signal),
      end: () => this.#end(channel),
    };
  }

  /** An empty message, by which upstream's servers tell a client that the connection stands. */
  announce(channel: number): Promise<void> {
    return this.#send(channel, new Uint8Array(0));
  }

  /** Nobody reads the channels any more: what still comes is dropped, so that the peer's goodbye can be read. */
  discardIncoming(): void {
    for (const queue of this.#incoming.values()) queue.cancel();
  }

  /** Hands out what comes in until the connection is over. */
  async run(): Promise<WebSocketClose> {
    try {
      for (;;) {
        const part = await this.#connection.receive();
        if (!part) break;
        await this.#take(part);
      }
      for (const queue of this.#incoming.values()) queue.end();
    } catch (thrown) {
      const error = asSandglassError(thrown);
      for (const queue of this.#incoming.values()) queue.fail(error);
      this.#connection.leave();
    }
    return this.#connection.closed;
  }

  async #take({ bytes, first, last }: MessagePart): Promise<void> {
    if (first) this.#channel = undefined;
    let content = bytes;
    if (this.#channel === undefined && bytes.length > 0) {
      this.#channel = this.#channelOf(bytes[0] ?? 0);
      content = bytes.subarray(1);
    }
    // An empty message says nothing.
    if (this.#channel === undefined) return;
    if (this.#options.halfClose && this.#channel === closeChannel) {
      this.#takeClose(content, last);
      return;
    }
    await this.#deliver(this.#channel, this.#decode(content, last));
  }

  #channelOf(byte: number): number {
    return this.#options.encoding === 'base64' ? byte - 0x30 : byte;
  }

  #decode(content: Uint8Array, last: boolean): Uint8Array {
    if (this.#options.encoding === 'binary') return content;
    try {
      const bytes = this.#base64.decode(content);
      if (last) this.#base64.end();
      return bytes;
    } catch (thrown) {
      this.#connection.close(closeCodes.unsupportedData, 'a message is not base64');
      throw thrown;
    }
  }

  #takeClose(content: Uint8Array, last: boolean): void {
    const [channel] = content;
    if (channel !== undefined && !this.#isCloseTaken) this.#incoming.get(channel)?.end();
    this.#isCloseTaken = !last && (this.#isCloseTaken || channel !== undefined);
  }

  async #deliver(channel: number, bytes: Uint8Array): Promise<void> {
    const queue = this.#incoming.get(channel);
    if (!queue || queue.ended) return;
    try {
      await queue.write(bytes);
    } catch {
      // Its reader has given up.
    }
  }

  async #write(channel: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    for (let at = 0; at < bytes.length; at += messageMax) {
      await this.#send(channel, bytes.subarray(at, at + messageMax), signal);
    }
  }

  #send(channel: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#options.encoding === 'binary'
      ? this.#connection.send('binary', [new Uint8Array([channel]), bytes], signal)
      : this.#connection.send(
          'text',
          [new Uint8Array([0x30 + channel]), encodeBase64(bytes)],
          signal,
        );
  }

  /** Only clients say so: upstream's take such a message from a server for an unknown channel. */
  #end(channel: number): void {
    if (!this.#options.halfClose || this.#connection.role === 'server') return;
    const message = new Uint8Array([closeChannel, channel]);
    void this.#connection.send('binary', [message]).catch(() => undefined);
  }
}
