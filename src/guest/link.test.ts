import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { AgentClient } from './agent-client.ts';
import { type Frame, FrameParser, decodeHello, encodeFrame } from './frame-codec.ts';
import { PayloadReader, PayloadWriter } from './payload.ts';
import type { ByteChannel } from './ports.ts';
import { frame, helloMagic, kind, protocol } from './protocol.ts';

/** An agent that does as the test says. */
class FakeAgent implements ByteChannel {
  readonly frames: Frame[] = [];
  onFrame: (frame: Frame) => void = () => undefined;
  /** Rejects sends while set. */
  broken: Error | undefined;
  readonly #parser = new FrameParser();
  #listener: (bytes: Uint8Array) => void = () => undefined;

  send(bytes: Uint8Array): Promise<void> {
    if (this.broken) return Promise.reject(this.broken);
    this.#parser.push(bytes, (one) => {
      this.frames.push(one);
      this.onFrame(one);
    });
    return Promise.resolve();
  }

  listen(listener: (bytes: Uint8Array) => void): () => void {
    this.#listener = listener;
    return () => (this.#listener = () => undefined);
  }

  say(bytes: Uint8Array): void {
    this.#listener(bytes);
  }

  hello(session: bigint, version: number = protocol.version): void {
    const payload = new PayloadWriter()
      .bytes(new TextEncoder().encode(helloMagic))
      .u32(version)
      .u64(session)
      .u32(77)
      .finish();
    this.say(encodeFrame(frame.hello, 0, 0, payload));
  }

  get greetings(): bigint[] {
    const hellos = this.frames.filter(({ type }) => type === frame.hello);
    return hellos.map(({ payload }) => decodeHello(payload).session);
  }
}

/** Lets everything happen that waits for nothing. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

async function connected(): Promise<{ agent: FakeAgent; client: AgentClient; clock: ManualClock }> {
  const agent = new FakeAgent();
  const clock = new ManualClock();
  const connecting = AgentClient.connect(agent, clock, { requestDeadline: 1000, window: 100 });
  await settle();
  agent.hello(agent.greetings[0] ?? 0n);
  return { agent, client: await connecting, clock };
}

describe('a greeting', () => {
  it('is repeated until it is answered, always the same', async () => {
    const agent = new FakeAgent();
    const clock = new ManualClock();
    const connecting = AgentClient.connect(agent, clock);
    for (let i = 0; i < 3; i++) {
      await settle();
      clock.advance(250);
    }
    await settle();
    expect(agent.greetings).toHaveLength(4);
    expect(new Set(agent.greetings).size).toBe(1);
    agent.hello(agent.greetings[0] ?? 0n);
    expect((await connecting).pid).toBe(77);
    clock.advance(10_000);
    await settle();
    expect(agent.greetings).toHaveLength(4);
  });

  it('answers an agent that has only just come, at once', async () => {
    const agent = new FakeAgent();
    const connecting = AgentClient.connect(agent, new ManualClock());
    await settle();
    agent.hello(0n);
    await settle();
    expect(agent.greetings).toHaveLength(2);
    agent.hello(agent.greetings[0] ?? 0n);
    await connecting;
  });

  it('is not confused by the rest of another session', async () => {
    const agent = new FakeAgent();
    const connecting = AgentClient.connect(agent, new ManualClock());
    await settle();
    agent.say(new Uint8Array(50));
    agent.say(encodeFrame(frame.data, 2, 1, new Uint8Array(9)));
    agent.say(encodeFrame(frame.open, 1, 0, new Uint8Array(9)));
    agent.hello(agent.greetings[0] ?? 0n);
    await connecting;
    expect(agent.frames.filter(({ type }) => type !== frame.hello)).toEqual([]);
  });

  it('is tried again when the port was closed, and fails with the deadline', async () => {
    const agent = new FakeAgent();
    const clock = new ManualClock();
    agent.broken = new SandglassError('unavailable', 'The guest closed port 1.');
    const connecting = AgentClient.connect(agent, clock, { deadline: 600 });
    const failed = expect(connecting).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await settle();
    agent.broken = undefined;
    clock.advance(250);
    await settle();
    expect(agent.greetings).toHaveLength(1);
    clock.advance(350);
    await failed;
  });

  it('of another version is refused', async () => {
    const agent = new FakeAgent();
    const connecting = AgentClient.connect(agent, new ManualClock());
    const failed = expect(connecting).rejects.toMatchObject({
      code: 'failed-precondition',
      message: 'The node agent speaks version 99 of its protocol, and we version 1.',
    });
    await settle();
    agent.hello(agent.greetings[0] ?? 0n, 99);
    await failed;
  });
});

describe('a session', () => {
  const faults: Record<string, Uint8Array> = {
    'a damaged frame': new Uint8Array(12),
    'a frame that is too short': encodeFrame(frame.reply, 2, 0, Uint8Array.of(0)),
    'a frame of unknown type': encodeFrame(99, 2),
    'more bytes than it was given credit for': encodeFrame(frame.data, 2, 1, new Uint8Array(101)),
    'an accepted connection that says nothing': encodeFrame(
      frame.open,
      1,
      0,
      new PayloadWriter().u32(kind.accepted).finish(),
    ),
  };

  it.each(Object.keys(faults))('ends with %s of the agent', async (name) => {
    const { agent, client } = await connected();
    const closed = new Promise((resolve) => client.closed.listen(resolve));
    const spawning = client.spawn({ argv: ['cat'] });
    const failed = expect(spawning).rejects.toMatchObject({ code: 'unavailable' });
    agent.say(faults[name] ?? new Uint8Array());
    await failed;
    expect(await closed).toMatchObject({ code: 'unavailable' });
  });

  it('ends when the wire breaks', async () => {
    const { agent, client } = await connected();
    agent.broken = new Error('write EPIPE');
    await expect(client.ping()).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The connection to the node agent broke.',
    });
  });

  it('ends with the word of the machine, if that ended it', async () => {
    const { client } = await connected();
    const pinging = client.ping();
    client.dispose(new SandglassError('cancelled', 'The machine was switched off.'));
    await expect(pinging).rejects.toThrow('The machine was switched off.');
    await expect(client.files.read('/x')).rejects.toThrow('The machine was switched off.');
  });

  it('lets no request wait for ever', async () => {
    const { client, clock } = await connected();
    const failed = expect(client.files.stat('/x')).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: 'Cannot look at /x: the node agent did not answer within 1 s.',
    });
    await settle();
    clock.advance(1000);
    await failed;
  });

  it('closes what was given up, once', async () => {
    const { agent, client } = await connected();
    const stop = new AbortController();
    const failed = expect(client.files.stat('/x', stop.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
    await settle();
    stop.abort();
    await failed;
    await settle();
    expect(agent.frames.filter(({ type }) => type === frame.close)).toHaveLength(1);
  });

  it('lets go of a process with its exit and the end of its streams', async () => {
    const { agent, client } = await connected();
    const spawning = client.spawn({ argv: ['true'] });
    await settle();
    const zero = new PayloadWriter().u32(0).finish();
    agent.say(encodeFrame(frame.reply, 2, 0, new PayloadWriter().u32(0).u32(1).finish()));
    const { exited } = await spawning;
    agent.say(encodeFrame(frame.end, 2, 1, zero));
    agent.say(
      encodeFrame(frame.result, 2, 0, new PayloadWriter().u32(0).u32(9).u64(0).u64(0).finish()),
    );
    expect(await exited).toEqual({ code: 9 });
    const closes = () => agent.frames.filter(({ type }) => type === frame.close).length;
    await settle();
    expect(closes()).toBe(0);
    agent.say(encodeFrame(frame.end, 2, 2, zero));
    await settle();
    expect(closes()).toBe(1);
  });

  it('lets go of a directory that could not be listed to its end', async () => {
    const { agent, client } = await connected();
    const failed = expect(client.files.list('/x')).rejects.toMatchObject({ errno: 'EIO' });
    await settle();
    agent.say(encodeFrame(frame.reply, 2, 0, new PayloadWriter().u32(0).finish()));
    agent.say(encodeFrame(frame.end, 2, 0, new PayloadWriter().u32(5).finish()));
    await failed;
    await settle();
    expect(agent.frames.filter(({ type }) => type === frame.close)).toHaveLength(1);
  });

  it('gives credit back a quarter of the window at a time', async () => {
    const { agent, client } = await connected();
    const reading = client.files.openRead('/x');
    await settle();
    agent.say(encodeFrame(frame.reply, 2, 0, new PayloadWriter().u32(0).u64(0).finish()));
    const { source } = await reading;
    const credits = () =>
      agent.frames
        .filter(({ type }) => type === frame.credit)
        .map(({ payload }) => new PayloadReader(payload).u32());
    expect(credits()).toEqual([100]);
    for (let i = 0; i < 3; i++) {
      agent.say(encodeFrame(frame.data, 2, 0, new Uint8Array(10)));
      await source.read();
      await settle();
    }
    expect(credits()).toEqual([100, 30]);
  });

  it('sends messages before the bytes of streams, and streams in turn', async () => {
    const { agent, client } = await connected();
    const order: string[] = [];
    agent.onFrame = ({ type, channel }) => order.push(`${type}:${channel}`);
    const spawn = async (id: number) => {
      const spawning = client.spawn({ argv: ['cat'], stdin: true });
      await settle();
      agent.say(encodeFrame(frame.reply, id, 0, new PayloadWriter().u32(0).u32(1).finish()));
      agent.say(encodeFrame(frame.credit, id, 0, new PayloadWriter().u32(1 << 20).finish()));
      return spawning;
    };
    const [first, second] = [await spawn(2), await spawn(4)];
    // A port that takes its time: nothing goes out until it lets go.
    let release: () => void = () => undefined;
    const send = agent.send.bind(agent);
    agent.send = async (bytes) => {
      await new Promise<void>((resolve) => (release = resolve));
      return send(bytes);
    };
    order.length = 0;
    void first.stdin?.write(new Uint8Array(200_000));
    void second.stdin?.write(new Uint8Array(200_000));
    await settle();
    first.signal('SIGTERM');
    for (let i = 0; i < 40; i++) {
      release();
      await settle();
    }
    expect(order.slice(0, 3).filter((one) => one === `${frame.control}:2`)).toHaveLength(1);
    const data = order.filter((one) => one.startsWith(`${frame.data}:`));
    expect(data).toHaveLength(14);
    // Neither is done long before the other.
    expect(data.slice(0, 8).filter((one) => one.endsWith(':4')).length).toBeGreaterThan(2);
  });
});
