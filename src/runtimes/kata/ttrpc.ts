import {
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  create,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf';
import { Deferred } from '#base/deferred.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { ByteChannel } from '#guest/ports.ts';
import { codeOf } from './grpc-codes.ts';
import { TtrpcFrameReader, encodeTtrpcFrame, frameType } from './ttrpc-frames.ts';
import { RequestSchema, ResponseSchema } from './ttrpc_pb.ts';

export interface CallOptions {
  /** Ends the wait; ttRPC has no way to tell the other side. */
  signal?: AbortSignal;
  /** Milliseconds after which the other side gives up, with `deadline-exceeded`. */
  timeout?: number;
}

/**
 * The client's side of ttRPC over a byte channel: unary calls, as many at once as there are callers. An error of
 * the other side rejects with the same code and text.
 */
export class TtrpcClient {
  readonly #channel: ByteChannel;
  readonly #unlisten: () => void;
  readonly #calls = new Map<number, Deferred<Uint8Array>>();
  #nextStream = 1;
  #failure: SandglassError | undefined;

  constructor(channel: ByteChannel) {
    this.#channel = channel;
    const reader = new TtrpcFrameReader(({ stream, type, message }) => {
      if (type === frameType.response) this.#answered(stream, message);
    });
    this.#unlisten = channel.listen((bytes) => {
      try {
        reader.feed(bytes);
      } catch (error) {
        this.close(asSandglassError(error));
      }
    });
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const payload = toBinary(method.input, create(method.input, request));
    const answer = await this.callRaw(method.parent.typeName, method.name, payload, options);
    return fromBinary(method.output, answer);
  }

  /** A call whose messages are bytes already. */
  async callRaw(
    service: string,
    method: string,
    payload: Uint8Array,
    { signal, timeout }: CallOptions = {},
  ): Promise<Uint8Array> {
    throwIfCancelled(signal);
    if (this.#failure) throw this.#failure;
    const stream = this.#nextStream;
    const timeoutNano = BigInt(Math.round((timeout ?? 0) * 1e6));
    const message = toBinary(
      RequestSchema,
      create(RequestSchema, { service, method, payload, timeoutNano }),
    );
    const frame = encodeTtrpcFrame({ stream, type: frameType.request, message });
    // A client's streams are odd.
    this.#nextStream += 2;
    const answer = new Deferred<Uint8Array>();
    this.#calls.set(stream, answer);
    this.#channel.send(frame).catch((error: unknown) => {
      answer.reject(asSandglassError(error));
    });
    try {
      return await untilAborted(answer.promise, signal);
    } finally {
      this.#calls.delete(stream);
    }
  }

  /** Fails what is under way, and every call to come. */
  close(reason: SandglassError): void {
    this.#failure ??= reason;
    this.#unlisten();
    for (const call of this.#calls.values()) call.reject(reason);
    this.#calls.clear();
  }

  /** An answer that nobody waits for any more is nobody's. */
  #answered(stream: number, message: Uint8Array): void {
    const call = this.#calls.get(stream);
    if (!call) return;
    try {
      const { status, payload } = fromBinary(ResponseSchema, message);
      if (!status || status.code === 0) call.resolve(payload);
      else call.reject(new SandglassError(codeOf(status.code), status.message));
    } catch (error) {
      call.reject(new SandglassError('internal', 'An answer cannot be read.', { cause: error }));
    }
  }
}
