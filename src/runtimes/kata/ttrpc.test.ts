import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { Emitter } from '#base/emitter.ts';
import { SandglassError } from '#base/errors.ts';
import { AgentService, SignalProcessRequestSchema, WaitProcessResponseSchema } from './agent_pb.ts';
import {
  type TtrpcFrame,
  TtrpcFrameReader,
  encodeTtrpcFrame,
  frameType,
  messageBytesMax,
} from './ttrpc-frames.ts';
import { TtrpcClient } from './ttrpc.ts';
import { RequestSchema, ResponseSchema } from './ttrpc_pb.ts';

/** The other side: requests as they came, and answers as the test gives them. */
function otherSide() {
  const toClient = new Emitter<Uint8Array>();
  const requests: (ReturnType<typeof read> & { stream: number })[] = [];
  const read = (message: Uint8Array) => fromBinary(RequestSchema, message);
  const reader = new TtrpcFrameReader(({ stream, message }) => {
    requests.push({ ...read(message), stream });
  });
  let sending: () => Promise<void> = () => Promise.resolve();
  return {
    requests,
    sendFailsWith(error: Error) {
      sending = () => Promise.reject(error);
    },
    raw(bytes: Uint8Array) {
      toClient.emit(bytes);
    },
    answer(stream: number, response: Parameters<typeof create<typeof ResponseSchema>>[1]) {
      const message = toBinary(ResponseSchema, create(ResponseSchema, response));
      toClient.emit(encodeTtrpcFrame({ stream, type: frameType.response, message }));
    },
    channel: {
      send(bytes: Uint8Array) {
        reader.feed(bytes);
        return sending();
      },
      listen: (listener: (bytes: Uint8Array) => void) => toClient.listen(listener),
    },
  };
}

const exit = (status: number) =>
  toBinary(WaitProcessResponseSchema, create(WaitProcessResponseSchema, { status }));
const { waitProcess, signalProcess } = AgentService.method;

describe('frames', () => {
  test('have their length and stream in network order before the message', () => {
    const bytes = encodeTtrpcFrame({
      stream: 0x01020305,
      type: frameType.request,
      message: Uint8Array.of(7, 8, 9),
    });
    expect([...bytes]).toEqual([0, 0, 0, 3, 1, 2, 3, 5, 1, 0, 7, 8, 9]);
  });

  test('are read whole, however the bytes are cut', () => {
    const messages = [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(300).fill(5)];
    const bytes = Buffer.concat(
      messages.map((message, i) => encodeTtrpcFrame({ stream: 2 * i + 1, type: 2, message })),
    );
    for (const size of [1, 2, 3, 9, 10, 11, bytes.length]) {
      const frames: TtrpcFrame[] = [];
      const reader = new TtrpcFrameReader((frame) => frames.push(frame));
      for (let at = 0; at < bytes.length; at += size) reader.feed(bytes.subarray(at, at + size));
      expect(frames).toEqual(
        messages.map((message, i) => ({ stream: 2 * i + 1, type: 2, flags: 0, message })),
      );
    }
  });

  test('of more than 4 MiB are refused on both sides', () => {
    const message = new Uint8Array(messageBytesMax + 1);
    expect(() => encodeTtrpcFrame({ stream: 1, type: 1, message })).toThrow(/bytes, of 4194304/);
    const reader = new TtrpcFrameReader(() => undefined);
    expect(() => {
      reader.feed(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 2, 0));
    }).toThrow(/no frame/);
  });
});

describe('a client', () => {
  test('asks by service and method and gets its answer', async () => {
    const other = otherSide();
    const client = new TtrpcClient(other.channel);
    const signalled = client.call(
      signalProcess,
      { containerId: 'c', signal: 15 },
      { timeout: 1.5 },
    );
    const [request] = other.requests;
    expect(request).toMatchObject({
      stream: 1,
      service: 'grpc.AgentService',
      method: 'SignalProcess',
      timeoutNano: 1_500_000n,
    });
    expect(fromBinary(SignalProcessRequestSchema, request?.payload ?? exit(0))).toMatchObject({
      containerId: 'c',
      signal: 15,
    });
    other.answer(1, {});
    await signalled;
  });

  test('has many calls under way, answered in any order', async () => {
    const other = otherSide();
    const client = new TtrpcClient(other.channel);
    const waits = [0, 1, 2].map((i) => client.call(waitProcess, { containerId: `c${i}` }));
    for (const { stream } of [...other.requests].reverse())
      other.answer(stream, { payload: exit(stream) });
    expect((await Promise.all(waits)).map(({ status }) => status)).toEqual([1, 3, 5]);
  });

  test("rejects with the other side's code and text", async () => {
    const other = otherSide();
    const client = new TtrpcClient(other.channel);
    const waiting = client.call(waitProcess, { containerId: 'x' });
    other.answer(1, { status: { code: 5, message: 'no such container' } });
    await expect(waiting).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such container',
    });
    const again = client.call(waitProcess, { containerId: 'x' });
    other.answer(3, { status: { code: 99, message: 'odd' } });
    await expect(again).rejects.toMatchObject({ code: 'unknown', message: 'odd' });
  });

  test("can be told to wait no longer; the late answer is nobody's", async () => {
    const other = otherSide();
    const client = new TtrpcClient(other.channel);
    const stop = new AbortController();
    const waiting = client.call(waitProcess, { containerId: 'c' }, { signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    other.answer(1, { payload: exit(1) });
    const next = client.call(waitProcess, { containerId: 'c' });
    other.answer(3, { payload: exit(7) });
    expect(await next).toMatchObject({ status: 7 });
    const never = client.call(waitProcess, { containerId: 'c' }, { signal: stop.signal });
    await expect(never).rejects.toMatchObject({ code: 'cancelled' });
    expect(other.requests).toHaveLength(2);
  });

  test('fails all calls when it is closed, and those to come', async () => {
    const other = otherSide();
    const client = new TtrpcClient(other.channel);
    const waiting = client.call(waitProcess, { containerId: 'c' });
    const reason = new SandglassError('unavailable', 'The machine is gone.');
    client.close(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(client.call(waitProcess, {})).rejects.toBe(reason);
  });

  test('fails a call that could not be sent, and all when no frames come', async () => {
    const other = otherSide();
    const client = new TtrpcClient(other.channel);
    const waiting = client.call(waitProcess, { containerId: 'c' });
    other.sendFailsWith(new SandglassError('unavailable', 'The guest closed port 1.'));
    await expect(client.call(waitProcess, {})).rejects.toMatchObject({
      message: 'The guest closed port 1.',
    });
    other.raw(new Uint8Array(10).fill(0xff));
    await expect(waiting).rejects.toMatchObject({ code: 'internal' });
  });

  test('rejects a call whose answer makes no sense', async () => {
    const other = otherSide();
    const client = new TtrpcClient(other.channel);
    const waiting = client.call(waitProcess, { containerId: 'c' });
    other.raw(
      encodeTtrpcFrame({ stream: 1, type: frameType.response, message: Uint8Array.of(10, 255) }),
    );
    await expect(waiting).rejects.toMatchObject({ code: 'internal' });
  });
});
