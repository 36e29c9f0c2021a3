import { describe, expect, it } from 'vitest';
import { type ByteDuplex, readAllBytes, readAllText } from '#base/byte-stream.ts';
import { readConnection } from '#kube/streaming/read-connection.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { randomBytes, randomNumbers, recut, settle } from '#kube/streaming/testing.ts';
import { SpdyConnection } from './connection.ts';
import {
  encodeControl,
  encodeData,
  encodeSynStream,
  frameTypes,
  goAwayStatus,
  readFrame,
  resetStatus,
} from './frame.ts';
import { HeaderEncoder } from './header-codec.ts';
import type { SpdyStream } from './stream.ts';

const text = (value: string) => new TextEncoder().encode(value);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

interface PairOptions {
  capacity?: number;
  wrap?: (stream: ByteDuplex) => ByteDuplex;
  refuse?: boolean;
}

/** Two connections that talk to each other; the server keeps the streams that it is given. */
function connect({ capacity, wrap = (stream) => stream, refuse = false }: PairOptions = {}) {
  const [far, near] = duplexPair(capacity);
  const streams: SpdyStream[] = [];
  const client = new SpdyConnection(wrap(far), { role: 'client' });
  const server = new SpdyConnection(wrap(near), {
    role: 'server',
    onStream: (stream) => {
      if (refuse) throw new Error('not wanted');
      streams.push(stream);
    },
  });
  const over = Promise.all([client.run(), server.run()]);
  const open = async (name = 'x') => {
    const stream = await client.createStream(new Headers({ name }));
    const [peer] = streams.splice(0);
    if (!peer) throw new Error('no stream');
    return { stream, peer };
  };
  return { client, server, over, open };
}

/** A server, and a client that writes its frames by hand. */
function serve() {
  const [far, near] = duplexPair();
  const streams: SpdyStream[] = [];
  const server = new SpdyConnection(near, {
    role: 'server',
    onStream: (stream) => void streams.push(stream),
  });
  const over = server.run();
  const reader = readConnection(far.incoming);
  const send = (frame: Uint8Array) => far.outgoing.write(frame);
  const encoder = new HeaderEncoder();
  const syn = (id: number) => encodeSynStream(id, encoder.encode(new Headers({ name: 'x' })));
  const next = async () => {
    const frame = await readFrame(reader);
    if (frame?.kind !== 'data') return frame;
    return { ...frame, bytes: await reader.take(frame.length) };
  };
  return { far, over, streams, send, next, syn };
}

describe('frames', () => {
  // SPDY/3.1, 2.6.3, 2.6.5, 2.6.6 and 2.2.2.
  it.each([
    ['PING', encodeControl(frameTypes.ping, [1]), '8003000600000004' + '00000001'],
    [
      'RST_STREAM',
      encodeControl(frameTypes.rstStream, [3, resetStatus.cancel]),
      '8003000300000008' + '0000000300000005',
    ],
    [
      'GOAWAY',
      encodeControl(frameTypes.goAway, [5, goAwayStatus.ok]),
      '8003000700000008' + '0000000500000000',
    ],
    [
      'SYN_STREAM',
      encodeSynStream(1, Uint8Array.of(0xaa)),
      '800300010000000b' + '0000000100000000' + '0000' + 'aa',
    ],
    ['data', encodeData(1, text('hi'), false), '0000000100000002' + '6869'],
    ['a last data frame', encodeData(1, new Uint8Array(0), true), '0000000101000000'],
  ])('are laid out as in the specification: %s', (_what, frame, expected) => {
    expect(hex(frame)).toBe(expected);
  });
});

describe('a SPDY connection', () => {
  it('carries streams with their headers, both ways', async () => {
    const { open } = connect();
    const { stream, peer } = await open('error');
    expect(stream.id).toBe(1);
    expect(peer.headers.get('name')).toBe('error');
    await stream.outgoing.write(text('there'));
    stream.outgoing.end();
    expect(await readAllText(peer.incoming)).toBe('there');
    // One way ended, the other not.
    await peer.outgoing.write(text('back'));
    peer.outgoing.end();
    expect(await readAllText(stream.incoming)).toBe('back');
    expect((await open()).stream.id).toBe(3);
  });

  it('accepts a stream before it sends on it, as upstream needs', async () => {
    const { send, next, syn, streams } = serve();
    await send(syn(1));
    await settle();
    const writing = streams[0]?.outgoing.write(text('data'));
    expect(await next()).toMatchObject({ kind: 'control', type: frameTypes.synReply });
    expect(await next()).toMatchObject({ kind: 'data', streamId: 1, bytes: text('data') });
    await writing;
  });

  it('sends nothing on a stream before it is accepted', async () => {
    const [far, near] = duplexPair();
    const client = new SpdyConnection(near, { role: 'client' });
    void client.run();
    const creating = client.createStream(new Headers());
    const reader = readConnection(far.incoming);
    expect(await readFrame(reader)).toMatchObject({ type: frameTypes.synStream });
    let isOpen = false;
    void creating.then(() => (isOpen = true));
    await settle();
    expect(isOpen).toBe(false);
    const headers = new HeaderEncoder().encode(new Headers());
    await far.outgoing.write(encodeControl(frameTypes.synReply, [1], headers));
    expect((await creating).id).toBe(1);
  });

  it('refuses a stream that is not wanted', async () => {
    const { client } = connect({ refuse: true });
    await expect(client.createStream(new Headers())).rejects.toMatchObject({ code: 'aborted' });
  });

  it('moves 10 MiB each way at once, however the connection is cut', async () => {
    const next = randomNumbers(1);
    const wrap = (stream: ByteDuplex) => recut(stream, () => next(60_000));
    const { open } = connect({ wrap });
    const { stream, peer } = await open();
    const [there, back] = [randomBytes(10 << 20, 2), randomBytes(10 << 20, 3)];
    const send = async (end: ByteDuplex, bytes: Uint8Array) => {
      await end.outgoing.write(bytes);
      end.outgoing.end();
    };
    const [gotThere, gotBack] = await Promise.all([
      readAllBytes(peer.incoming),
      readAllBytes(stream.incoming),
      send(stream, there),
      send(peer, back),
    ]);
    expect(Buffer.compare(gotThere, there)).toBe(0);
    expect(Buffer.compare(gotBack, back)).toBe(0);
  });

  it('reads frames whose every byte comes alone', async () => {
    const { open, client, over } = connect({ wrap: (stream) => recut(stream, () => 1) });
    const { stream, peer } = await open('cut');
    expect(peer.headers.get('name')).toBe('cut');
    await stream.outgoing.write(text('some bytes'));
    stream.outgoing.end();
    expect(await readAllText(peer.incoming)).toBe('some bytes');
    client.leave();
    await over;
  });

  it('lets streams take turns while one waits for room', async () => {
    const { open } = connect({ capacity: 1000 });
    const large = await open();
    const small = await open();
    const sending = large.stream.outgoing.write(new Uint8Array(200_000));
    await small.stream.outgoing.write(text('in between'));
    small.stream.outgoing.end();
    expect(await readAllText(small.peer.incoming)).toBe('in between');
    await sending;
  });

  it('makes a sender wait for a reader who does not read, until it gives up', async () => {
    const { open } = connect();
    const { stream, peer } = await open();
    let isSent = false;
    const sending = stream.outgoing.write(new Uint8Array(2 << 20)).then(() => (isSent = true));
    await settle();
    expect(isSent).toBe(false);
    peer.incoming.cancel();
    await sending;
  });

  it('tells the other side of a reset, and drops what was under way', async () => {
    const { open } = connect();
    const { stream, peer } = await open();
    await stream.outgoing.write(text('half'));
    await settle();
    stream.close();
    await settle();
    expect(peer.torn.aborted).toBe(true);
    expect(await readAllText(peer.incoming)).toBe('half');
    await expect(peer.outgoing.write(text('x'))).rejects.toMatchObject({ code: 'aborted' });
    await expect(stream.outgoing.write(text('x'))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('ends streams with the goodbye of the peer, and fails them without one', async () => {
    const polite = connect();
    const left = await polite.open();
    polite.client.leave();
    await polite.over;
    expect(await left.peer.incoming.read()).toBeUndefined();
    expect(left.peer.torn.aborted).toBe(true);
    await expect(polite.client.createStream(new Headers())).rejects.toMatchObject({
      code: 'unavailable',
    });

    const { syn, send, far, over, streams } = serve();
    await send(syn(1));
    far.outgoing.end();
    await over;
    await expect(streams[0]?.incoming.read()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('answers pings with the same number, and hears the answers to its own', async () => {
    const { send, next } = serve();
    await send(encodeControl(frameTypes.ping, [7]));
    expect(await next()).toMatchObject({
      type: frameTypes.ping,
      payload: Uint8Array.of(0, 0, 0, 7),
    });
    const { client, server } = connect();
    await expect(Promise.all([client.ping(), server.ping()])).resolves.toBeDefined();
  });

  it('does not take pings from a peer who does not read for ever', async () => {
    const { far, over, send } = serve();
    const flood = async () => {
      for (;;) await send(encodeControl(frameTypes.ping, [1]));
    };
    const flooding = flood().catch((error: unknown) => error);
    await over;
    expect(await flooding).toMatchObject({ code: 'failed-precondition' });
    far.close();
  });

  it('ignores settings, windows and frames of types that it does not know', async () => {
    const { send, next } = serve();
    await send(encodeControl(frameTypes.settings, [1, 4, 100]));
    await send(encodeControl(frameTypes.windowUpdate, [1, 65_536]));
    await send(encodeControl(99, [1]));
    await send(encodeData(9, text('of no stream'), true));
    await send(encodeControl(frameTypes.ping, [1]));
    expect(await next()).toMatchObject({ type: frameTypes.ping });
  });

  it.each([
    ['of another version', Uint8Array.of(0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1)],
    ['that is too long', Uint8Array.of(0x80, 3, 0, 6, 0, 2, 0, 0)],
    ['that is too short', Uint8Array.of(0x80, 3, 0, 6, 0, 0, 0, 2, 0, 0)],
    ['with headers that are none', encodeSynStream(1, text('nonsense'))],
    ['for a stream with a number of its own', encodeSynStream(2, noHeaders())],
  ])('ends at a frame %s, and says so', async (_what, frame) => {
    const { send, next, over } = serve();
    await send(frame);
    await over;
    expect(await next()).toMatchObject({
      type: frameTypes.goAway,
      payload: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, goAwayStatus.protocolError),
    });
  });

  it('ends at a stream whose number has been used', async () => {
    const { send, next, over, syn } = serve();
    await send(syn(3));
    await send(syn(3));
    await over;
    expect(await next()).toMatchObject({ type: frameTypes.synReply });
    expect(await next()).toMatchObject({ type: frameTypes.goAway });
  });

  it('gives up on a stream when its client does, and tells the peer', async () => {
    const [far, near] = duplexPair();
    const client = new SpdyConnection(near, { role: 'client' });
    void client.run();
    const giveUp = new AbortController();
    const creating = client.createStream(new Headers(), giveUp.signal);
    await settle();
    giveUp.abort();
    await expect(creating).rejects.toMatchObject({ code: 'cancelled' });
    const reader = readConnection(far.incoming);
    expect(await readFrame(reader)).toMatchObject({ type: frameTypes.synStream });
    expect(await readFrame(reader)).toMatchObject({ type: frameTypes.rstStream });
  });
});

function noHeaders(): Uint8Array {
  return new HeaderEncoder().encode(new Headers());
}
