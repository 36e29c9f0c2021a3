import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NinepMessage, NinepReader, NinepWriter, errorReply } from '#abi/ninep.ts';
import { NinepPort } from './ninep-port.ts';

const never = new AbortController().signal;
const lock = (tag: number) => new NinepWriter(52, tag).u32(1).finish();

describe('9P over a port', () => {
  let channel: MessageChannel;
  let port: NinepPort;
  /** Resolves with the next request that the server gets. */
  let next: () => Promise<NinepReader>;

  beforeEach(() => {
    channel = new MessageChannel();
    port = new NinepPort(channel.port1);
    const came: Uint8Array[] = [];
    let wake: (() => void) | undefined;
    channel.port2.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      came.push(data);
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

  it('answers each request with what has its tag', async () => {
    const [one, two] = [port.ask(lock(1), never), port.ask(lock(2), never)];
    expect([(await next()).tag, (await next()).tag]).toEqual([1, 2]);
    channel.port2.postMessage(errorReply(2, 5));
    channel.port2.postMessage(errorReply(1, 4));
    expect(new NinepReader(await one).u32()).toBe(4);
    expect(new NinepReader(await two).u32()).toBe(5);
  });

  it('tells the server what the guest has flushed, and waits for the answer still', async () => {
    const flushed = new AbortController();
    const waiting = port.ask(lock(7), flushed.signal);
    await next();
    flushed.abort();
    const flush = await next();
    expect([flush.type, flush.u16()]).toEqual([NinepMessage.Tflush, 7]);
    channel.port2.postMessage(errorReply(7, 4));
    channel.port2.postMessage(new NinepWriter(NinepMessage.Rflush, flush.tag).finish());
    expect(new NinepReader(await waiting).u32()).toBe(4);
  });

  it('says nothing of a request that was answered before', async () => {
    const late = new AbortController();
    const answered = port.ask(lock(7), late.signal);
    await next();
    channel.port2.postMessage(errorReply(7, 4));
    await answered;
    late.abort();
    void port.ask(lock(8), never);
    expect((await next()).tag).toBe(8);
  });
});
