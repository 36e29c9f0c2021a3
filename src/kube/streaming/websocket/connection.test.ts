import { describe, expect, it } from 'vitest';
import { type ByteDuplex, concatBytes, readAllBytes } from '#base/byte-stream.ts';
import { readConnection } from '#kube/streaming/read-connection.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { randomBytes, randomNumbers, recut, settle, sourceOf } from '#kube/streaming/testing.ts';
import { type MessagePart, WebSocketConnection } from './connection.ts';
import { applyMask, encodeFrame, opcodes, readFrameHeader } from './frame.ts';

const text = (value: string) => new TextEncoder().encode(value);
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

interface Message {
  type: MessagePart['type'];
  bytes: Uint8Array;
}

async function receiveAll(connection: WebSocketConnection): Promise<Message[]> {
  const messages: Message[] = [];
  let parts: Uint8Array[] = [];
  for (let part = await connection.receive(); part; part = await connection.receive()) {
    expect(part.first).toBe(parts.length === 0);
    parts.push(part.bytes);
    if (!part.last) continue;
    messages.push({ type: part.type, bytes: concatBytes(parts) });
    parts = [];
  }
  return messages;
}

/** A connection that is sent these bytes, and then nothing. */
function receiver(role: 'client' | 'server', ...chunks: Uint8Array[]) {
  const [far, near] = duplexPair();
  const incoming = sourceOf(...chunks);
  const connection = new WebSocketConnection({ ...near, incoming }, role);
  return { connection, far };
}

interface Frame {
  opcode: number;
  payload: Uint8Array;
}

async function framesOf({ incoming }: ByteDuplex): Promise<Frame[]> {
  const reader = readConnection(incoming);
  const frames: Frame[] = [];
  for (;;) {
    const header = await readFrameHeader(reader);
    if (!header) return frames;
    const payload = header.length === 0 ? new Uint8Array(0) : await reader.take(header.length);
    const own = payload.slice();
    if (header.mask) applyMask(own, header.mask, 0);
    frames.push({ opcode: header.opcode, payload: own });
  }
}

const frame = (opcode: number, payload: string, final = true) =>
  encodeFrame(opcode, [text(payload)], { masked: false, final });
const masked = (opcode: number, payload: string, final = true) =>
  encodeFrame(opcode, [text(payload)], { masked: true, final });
const goodbye = encodeFrame(opcodes.close, [bytes('03 e8')], { masked: false });

describe('a WebSocket', () => {
  it("reads the RFC's examples", async () => {
    // RFC 6455, 5.7: a masked text message, alone and as two fragments with a ping between.
    const { connection } = receiver(
      'server',
      bytes('81 85 37 fa 21 3d 7f 9f 4d 51 58'),
      masked(opcodes.text, 'Hel', false),
      masked(opcodes.ping, 'still there?'),
      masked(opcodes.continuation, 'lo'),
      encodeFrame(opcodes.close, [bytes('03 e9'), text('bye')], { masked: true }),
    );
    expect(await receiveAll(connection)).toEqual([
      { type: 'text', bytes: text('Hello') },
      { type: 'text', bytes: text('Hello') },
    ]);
    expect(await connection.closed).toEqual({ code: 1001, reason: 'bye' });
  });

  it('answers a ping with its words, and a goodbye with its code', async () => {
    const { connection, far } = receiver('client', frame(opcodes.ping, 'here?'), goodbye);
    await receiveAll(connection);
    expect(await framesOf(far)).toEqual([
      { opcode: opcodes.pong, payload: text('here?') },
      { opcode: opcodes.close, payload: bytes('03 e8') },
    ]);
  });

  it('answers the last of many pings that it had no time for', async () => {
    const [far, near] = duplexPair(64);
    const connection = new WebSocketConnection(near, 'client');
    // The way out is full.
    const sent = connection.send('binary', [new Uint8Array(200)]);
    const received = receiveAll(connection);
    for (const word of ['1', '2', '3', '4']) await far.outgoing.write(frame(opcodes.ping, word));
    await settle();
    const answers = framesOf(far);
    await sent;
    await settle();
    await far.outgoing.write(goodbye);
    await received;
    const frames = await answers;
    const pongs = frames.filter(({ opcode }) => opcode === opcodes.pong);
    expect(pongs.map(({ payload }) => payload)).toEqual([text('1'), text('4')]);
  });

  it('takes messages without content, whole or as the end of another', async () => {
    const { connection } = receiver(
      'client',
      frame(opcodes.binary, ''),
      frame(opcodes.binary, 'a', false),
      frame(opcodes.continuation, ''),
      goodbye,
    );
    expect(await receiveAll(connection)).toEqual([
      { type: 'binary', bytes: new Uint8Array(0) },
      { type: 'binary', bytes: text('a') },
    ]);
  });

  it.each([
    ['a frame that is not masked, from a client', 'server', frame(opcodes.text, 'x'), 1002],
    ['a frame that is masked, from a server', 'client', masked(opcodes.text, 'x'), 1002],
    ['an extension', 'client', bytes('c1 00'), 1002],
    ['an unknown opcode', 'client', bytes('83 00'), 1002],
    ['an unknown control frame', 'client', bytes('8b 00'), 1002],
    ['a fragmented ping', 'client', frame(opcodes.ping, 'x', false), 1002],
    ['a ping that is too long', 'client', frame(opcodes.ping, 'x'.repeat(126)), 1002],
    ['a continuation of nothing', 'client', frame(opcodes.continuation, 'x'), 1002],
    ['a length that is too long', 'client', bytes('82 7f 80 00 00 00 00 00 00 00'), 1002],
    ['a goodbye with half a code', 'client', bytes('88 01 03'), 1002],
    ['a goodbye with a code that is never sent', 'client', bytes('88 02 03 ed'), 1002],
    ['a reason that is not UTF-8', 'client', bytes('88 03 03 e8 ff'), 1007],
    ['text that is not UTF-8', 'client', bytes('81 01 ff'), 1007],
    ['text that ends within a character', 'client', bytes('81 02 e2 82'), 1007],
  ] as const)('refuses %s', async (_what, role, sent, code) => {
    const { connection, far } = receiver(role, sent);
    await expect(receiveAll(connection)).rejects.toMatchObject({ code: 'internal' });
    const [answer, ...more] = await framesOf(far);
    expect(more).toEqual([]);
    expect(answer?.opcode).toBe(opcodes.close);
    expect([...(answer?.payload.subarray(0, 2) ?? [])]).toEqual([code >> 8, code & 255]);
    expect(await connection.receive()).toBeUndefined();
  });

  it('refuses a message within another', async () => {
    const { connection } = receiver(
      'client',
      frame(opcodes.text, 'a', false),
      frame(opcodes.text, 'b'),
    );
    await expect(receiveAll(connection)).rejects.toThrow('A message began within another.');
  });

  it('takes text whose characters are cut', async () => {
    const euro = text('€');
    const { connection } = receiver(
      'client',
      encodeFrame(opcodes.text, [euro.subarray(0, 1)], { masked: false, final: false }),
      encodeFrame(opcodes.continuation, [euro.subarray(1)], { masked: false }),
      goodbye,
    );
    expect(await receiveAll(connection)).toEqual([{ type: 'text', bytes: euro }]);
  });

  it('tells an end without a goodbye from one with', async () => {
    const { connection } = receiver('client', frame(opcodes.binary, 'x'));
    expect((await connection.receive())?.bytes).toEqual(text('x'));
    await expect(connection.receive()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await connection.closed).toEqual({ code: 1006, reason: '' });
  });

  it('says that a frame was cut off', async () => {
    const { connection } = receiver('client', frame(opcodes.binary, 'four').subarray(0, 4));
    expect((await connection.receive())?.bytes).toEqual(text('fo'));
    await expect(connection.receive()).rejects.toThrow('ended in the middle of a message');
  });

  it('sends nothing after its goodbye', async () => {
    const { connection, far } = receiver('client', goodbye);
    connection.close(1000, 'done');
    await expect(connection.send('text', [text('late')])).rejects.toMatchObject({
      code: 'unavailable',
    });
    await receiveAll(connection);
    const frames = await framesOf(far);
    expect(frames).toEqual([
      { opcode: opcodes.close, payload: concatBytes([bytes('03 e8'), text('done')]) },
    ]);
  });

  it('gives the same messages wherever the stream is cut', async () => {
    const messages = [text('Hello'), randomBytes(130, 1), new Uint8Array(0), randomBytes(3000, 2)];
    const whole = concatBytes([
      ...messages.map((message) => encodeFrame(opcodes.binary, [message], { masked: true })),
      encodeFrame(opcodes.close, [], { masked: true }),
    ]);
    // At every byte of the short frames, and then at random.
    const next = randomNumbers(3);
    const cuts = [...Array(170).keys(), ...Array.from({ length: 30 }, () => next(whole.length))];
    for (const at of cuts) {
      const { connection } = receiver(
        'server',
        ...[whole.slice(0, at), whole.slice(at)].filter(({ length }) => length > 0),
      );
      const received = await receiveAll(connection);
      expect(received).toHaveLength(messages.length);
      const all = concatBytes(received.map(({ bytes: content }) => content));
      expect(Buffer.compare(all, concatBytes(messages))).toBe(0);
      expect(await connection.closed).toEqual({ code: 1005, reason: '' });
    }
  });

  it('gives the same messages when every byte comes alone', async () => {
    const message = randomBytes(300, 4);
    const [far, near] = duplexPair();
    const client = new WebSocketConnection(far, 'client');
    const server = new WebSocketConnection(
      recut(near, () => 1),
      'server',
    );
    await client.send('binary', [message.subarray(0, 100), message.subarray(100)]);
    client.close();
    expect(await receiveAll(server)).toEqual([{ type: 'binary', bytes: message }]);
  });

  it('makes a sender wait for a receiver who does not read', async () => {
    const [far, near] = duplexPair(1000);
    const client = new WebSocketConnection(far, 'client');
    let sent = 0;
    const send = async () => {
      for (; sent < 10; sent++) await client.send('binary', [new Uint8Array(400)]);
      client.close();
    };
    const sending = send();
    await settle();
    expect(sent).toBeLessThan(4);
    expect(await receiveAll(new WebSocketConnection(near, 'server'))).toHaveLength(10);
    await sending;
  });

  it('does not tear a message whose sender gives up waiting', async () => {
    const [far, near] = duplexPair(100);
    const client = new WebSocketConnection(far, 'client');
    const giveUp = new AbortController();
    const sending = client.send('binary', [randomBytes(500, 5)], giveUp.signal);
    await settle();
    giveUp.abort();
    await expect(sending).rejects.toMatchObject({ code: 'cancelled' });
    const next = client.send('binary', [text('next')]);
    const messages = receiveAll(new WebSocketConnection(near, 'server'));
    await next;
    client.close();
    expect(await messages).toEqual([
      { type: 'binary', bytes: randomBytes(500, 5) },
      { type: 'binary', bytes: text('next') },
    ]);
  });

  it('is over for both when one aborts', async () => {
    const [far, near] = duplexPair();
    const client = new WebSocketConnection(far, 'client');
    const server = new WebSocketConnection(near, 'server');
    const received = server.receive();
    const own = client.receive();
    client.abort();
    await expect(received).rejects.toMatchObject({ code: 'unavailable' });
    await expect(own).rejects.toMatchObject({ code: 'unavailable' });
    await expect(server.send('binary', [text('x')])).rejects.toThrow('closed');
    near.outgoing.end();
    expect(await readAllBytes(far.incoming)).toEqual(new Uint8Array(0));
  });
});
