import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NinepMessage, NinepReader, NinepWriter, errorReply } from '#abi/ninep.ts';
import { concatBytes } from '#base/byte-stream.ts';
import { ManualClock } from '#base/clock.ts';
import { NinepPort, splitNinep } from './ninep-port.ts';

const never = () => new AbortController().signal;
const { Tgetattr, Rgetattr, Twalk, Rwalk, Tclunk, Rclunk, Tflush, Rflush } = NinepMessage;
const [Tlock, Twrite] = [52, 118];
const lock = (tag: number) => new NinepWriter(Tlock, tag).u32(1).finish();
const getattr = (tag: number, fid: number) =>
  new NinepWriter(Tgetattr, tag).u32(fid).u64(0x7ff).finish();
const walk = (tag: number, to: number, ...names: string[]) => {
  const writer = new NinepWriter(Twalk, tag).u32(1).u32(to).u16(names.length);
  for (const name of names) writer.string(name);
  return writer.finish();
};

describe('9P over a port', () => {
  let channel: MessageChannel;
  let clock: ManualClock;
  let port: NinepPort;
  /** Resolves with the next request that the server gets. */
  let next: () => Promise<NinepReader>;

  beforeEach(() => {
    channel = new MessageChannel();
    clock = new ManualClock();
    port = new NinepPort(channel.port1, clock);
    const came: Uint8Array[] = [];
    let wake: (() => void) | undefined;
    channel.port2.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      came.push(...splitNinep(data));
      wake?.();
    };
    next = async () => {
      while (came.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return new NinepReader(came.shift() ?? new Uint8Array());
    };
  });
  afterEach(() => {
    channel.port1.close();
  });

  const answer = (message: Uint8Array) => {
    channel.port2.postMessage(message);
  };
  const ask = async (request: Uint8Array) => new NinepReader(await port.ask(request, never()));

  /** Walks, with success, and answers what comes with the walk. */
  async function walked(fid: number, mode: number): Promise<void> {
    const asked = ask(walk(1, fid, 'name'));
    expect((await next()).tag).toBe(1);
    const ahead = await next();
    expect([ahead.type, ahead.u32()]).toEqual([Tgetattr, fid]);
    answer(new NinepWriter(Rwalk, 1).u16(1).finish());
    answer(new NinepWriter(Rgetattr, ahead.tag).u32(mode).finish());
    expect((await asked).type).toBe(Rwalk);
  }

  it('answers each request with what has its tag', async () => {
    const [one, two] = [ask(lock(1)), ask(lock(2))];
    expect([(await next()).tag, (await next()).tag]).toEqual([1, 2]);
    answer(errorReply(2, 5));
    answer(errorReply(1, 4));
    expect((await one).u32()).toBe(4);
    expect((await two).u32()).toBe(5);
  });

  it('tells the server what the guest has flushed, and waits for the answer still', async () => {
    const flushed = new AbortController();
    const waiting = port.ask(lock(7), flushed.signal);
    await next();
    flushed.abort();
    const flush = await next();
    expect([flush.type, flush.u16()]).toEqual([Tflush, 7]);
    answer(errorReply(7, 4));
    answer(new NinepWriter(Rflush, flush.tag).finish());
    expect(new NinepReader(await waiting).u32()).toBe(4);
  });

  it('says nothing of a request that was answered before', async () => {
    const late = new AbortController();
    const answered = port.ask(lock(7), late.signal);
    await next();
    answer(errorReply(7, 4));
    await answered;
    void ask(lock(7));
    await next();
    late.abort();
    void ask(lock(8));
    expect((await next()).tag).toBe(8);
  });

  it('does not wait for the end of a fid, of which the server learns in its turn', async () => {
    const reply = await ask(new NinepWriter(Tclunk, 3).u32(5).finish());
    expect([reply.type, reply.tag]).toEqual([Rclunk, 3]);
    const again = ask(walk(3, 5));
    const told = await next();
    expect([told.type, told.u32()]).toEqual([Tclunk, 5]);
    answer(new NinepWriter(Rclunk, told.tag).finish());
    expect((await next()).type).toBe(Twalk);
    answer(new NinepWriter(Rwalk, 3).u16(0).finish());
    expect((await again).type).toBe(Rwalk);
  });

  it('has a guest that does nothing but end fids wait for the server', async () => {
    const clunk = (tag: number) => new NinepWriter(Tclunk, tag).u32(5).finish();
    for (let i = 0; i < 256; i++) expect((await ask(clunk(3))).type).toBe(Rclunk);
    const first = await next();
    const waiting = ask(clunk(3));
    for (let i = 1; i < 256; i++) await next();
    expect((await next()).tag).toBe(3);
    answer(new NinepWriter(Rclunk, first.tag).finish());
    answer(new NinepWriter(Rclunk, 3).finish());
    expect((await waiting).type).toBe(Rclunk);
    expect((await ask(clunk(4))).tag).toBe(4);
    expect((await next()).tag).not.toBe(4);
  });

  it('has attributes come with a walk, and answers with them once', async () => {
    await walked(9, 0o644);
    const attributes = await ask(getattr(2, 9));
    expect([attributes.type, attributes.tag, attributes.u32()]).toEqual([Rgetattr, 2, 0o644]);
    void ask(getattr(3, 9));
    expect((await next()).tag).toBe(3);
  });

  it('asks anew when something was written since, or the fid is another, or time has passed', async () => {
    await walked(9, 1);
    void ask(new NinepWriter(Twrite, 2).u32(4).u64(0).u32(0).finish());
    expect((await next()).type).toBe(Twrite);
    void ask(getattr(3, 9));
    expect((await next()).tag).toBe(3);
    await walked(10, 2);
    await ask(new NinepWriter(Tclunk, 4).u32(10).finish());
    await next();
    void ask(getattr(5, 10));
    expect((await next()).tag).toBe(5);
    await walked(11, 3);
    clock.advance(11);
    void ask(getattr(6, 11));
    expect((await next()).tag).toBe(6);
  });

  it('asks itself what the server did not say with the walk', async () => {
    const asked = ask(walk(1, 9, 'gone'));
    await next();
    const ahead = await next();
    const attributes = ask(getattr(2, 9));
    answer(errorReply(1, 2));
    answer(errorReply(ahead.tag, 9));
    expect((await asked).u32()).toBe(2);
    expect((await next()).tag).toBe(2);
    answer(errorReply(2, 9));
    expect((await attributes).u32()).toBe(9);
  });
});

describe('messages that come in one', () => {
  it('are taken apart, and what is none is left whole', () => {
    const [one, two] = [lock(1), walk(2, 3, 'name')];
    const parts = (bytes: readonly Uint8Array[]) =>
      [...splitNinep(concatBytes(bytes))].map((part) => [...part]);
    expect(parts([one, two])).toEqual([[...one], [...two]]);
    expect(parts([one, two.subarray(0, 9)])).toEqual([[...one], [...two.subarray(0, 9)]]);
    expect(parts([Uint8Array.of(1, 2)])).toEqual([[1, 2]]);
    expect(parts([Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1)])).toEqual([[0, 0, 0, 0, 1, 1, 1, 1]]);
  });
});
