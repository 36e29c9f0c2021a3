import { describe, expect, it } from 'vitest';
import { concatBytes } from '#base/byte-stream.ts';
import { systemClock } from '#base/clock.ts';
import type { SandglassError } from '#base/errors.ts';
import { AgentClient } from '#guest/agent-client.ts';
import { encodeFrame, encodeMessage } from '#guest/frame-codec.ts';
import { PayloadWriter } from '#guest/payload.ts';
import { frame, kind, process as processFlag, protocol } from '#guest/protocol.ts';
import { patternBytes, readUntil, useAgent, utf8 } from './agent-test.ts';
import { NativeAgent, cannotRunNatively } from './native-agent.ts';

describe.skipIf(cannotRunNatively)('a session with the agent', () => {
  const guest = useAgent();
  const alive = async (pid: number) =>
    /^State:\t[^ZX]/m.test(await guest.agent.files.readText(`/proc/${pid}/status`).catch(() => ''));

  it('ends with every wait when the agent dies, and another one can begin', async () => {
    const { agent, native } = guest;
    const endings: SandglassError[] = [];
    agent.closed.listen((error) => endings.push(error));
    const cat = await agent.spawn({ argv: ['cat'], stdin: true });
    const flood = await agent.spawn({ argv: ['cat', '/dev/zero'] });
    await flood.stdout.read();
    const events = await agent.processEvents();
    const listener = await agent.listen({ unix: '@x' }, () => undefined);
    const connection = await agent.connect({ unix: '@x' });
    const waits: (Promise<unknown> | undefined)[] = [
      cat.stdout.read(),
      cat.exited,
      cat.lengths,
      cat.stdin?.write(patternBytes(4 << 20, 1)),
      (async () => {
        for (;;) await flood.stdout.read();
      })(),
      (async () => {
        while (await events.next());
        throw new Error('The events ended without an error.');
      })(),
      listener.closed,
      connection.incoming.read(),
      connection.closed,
      agent.spawn({ argv: ['sh', '-c', 'kill -STOP $PPID; sleep 1000'] }).then(() => agent.ping()),
    ];
    const settled = Promise.allSettled(waits.map((wait) => wait ?? Promise.resolve()));
    await native.kill();
    native.restart();
    for (const result of await settled) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'unavailable' },
      });
    }
    expect(endings).toHaveLength(1);
    await expect(agent.ping()).rejects.toMatchObject({ code: 'unavailable' });
    guest.agent = await native.connect();
    expect(await guest.sh('echo again')).toBe('again');
  });

  it('ends what an earlier host left, except what shall persist', async () => {
    const first = guest.agent;
    const script = 'echo up; exec sleep 1000';
    const mortal = await first.spawn({ argv: ['sh', '-c', script] });
    const lasting = await first.spawn({ argv: ['sh', '-c', script], persistent: true });
    await readUntil(mortal.stdout, 'up');
    await readUntil(lasting.stdout, 'up');
    await first.serveHostcalls(() => Promise.resolve(0));
    await first.listen({ unix: '/run/left' }, () => undefined);
    const gone = new Promise((resolve) => first.closed.listen(resolve));
    guest.agent = await guest.native.connect();
    expect(await gone).toMatchObject({
      code: 'unavailable',
      message: 'The node agent was started anew.',
    });
    while (await alive(mortal.pid));
    expect(await alive(lasting.pid)).toBe(true);
    expect(await guest.agent.files.exists('/run/left')).toBe(false);
    expect((await guest.agent.run({ argv: ['hostcall'] })).exit).toEqual({ code: 69 });
    await guest.agent.system.signal(lasting.pid, 'SIGKILL');
  });

  it('can be taken over in the middle of a frame', async () => {
    const frames = [
      encodeFrame(frame.data, 2, 0, new Uint8Array(30_000)).subarray(0, 20_000),
      encodeFrame(frame.data, 2).subarray(0, 5),
    ];
    for (const part of frames) {
      await guest.native.send(part);
      // Alone in its read, as a port delivers it: the agent must have taken the part before.
      await guest.native.settled();
      guest.agent = await guest.native.connect();
      expect(await guest.sh('echo mine')).toBe('mine');
    }
  });

  it('kills what was started when the agent dies', async () => {
    const sleeper = await guest.agent.spawn({ argv: ['sh', '-c', 'echo up; exec sleep 1000'] });
    await readUntil(sleeper.stdout, 'up');
    await guest.native.kill();
    guest.native.restart();
    guest.agent = await guest.native.connect();
    while (await alive(sleeper.pid));
  });

  const open = (number: number, payload: PayloadWriter, channel = 1000) =>
    encodeMessage(
      frame.open,
      channel,
      new PayloadWriter().u32(number).bytes(payload.finish()).finish(),
    );
  const u32 = (value: number) => new PayloadWriter().u32(value).finish();
  const cat = new PayloadWriter()
    .bytes(new PayloadWriter().u32(processFlag.stdin).u32(0).u32(0).u32(0).u32(0).u32(0).finish())
    .u32(0)
    .string('')
    .string('')
    .strings(['cat'])
    .strings([]);
  const faults: Record<string, Uint8Array> = {
    'a damaged mark': (() => {
      const bytes = encodeFrame(frame.credit, 2, 0, u32(1));
      bytes[0] = 0;
      return bytes;
    })(),
    'an impossible length': (() => {
      const bytes = encodeFrame(frame.data, 2);
      new DataView(bytes.buffer).setUint32(8, protocol.frameSizeMax, true);
      return bytes;
    })(),
    'an unknown type': encodeFrame(99, 2),
    'a type that only the agent sends': encodeFrame(frame.result, 2),
    'a channel number of the agent’s': open(kind.ping, new PayloadWriter(), 3),
    'channel number zero': open(kind.ping, new PayloadWriter(), 0),
    'a channel that is open already': concatBytes([
      open(kind.process, cat),
      open(kind.process, cat),
    ]),
    'a request without a kind': encodeFrame(frame.open, 1000),
    'a request that is too short': open(kind.process, new PayloadWriter().u32(0)),
    'a request that is too long': open(kind.ping, new PayloadWriter().u32(0)),
    'a string without its NUL': open(
      kind.listDirectory,
      new PayloadWriter().u32(0).u32(2).bytes(utf8('/xx')),
    ),
    'a string that is longer than the message': open(
      kind.listDirectory,
      new PayloadWriter().u32(0).u32(0xffff_ffff).bytes(utf8('/')),
    ),
    'more strings than there can be': open(
      kind.process,
      new PayloadWriter().bytes(cat.finish().subarray(0, 40)).u32(0xffff_ffff),
    ),
    'more groups than there can be': open(
      kind.process,
      new PayloadWriter().u32(0).u32(0).u32(0).u32(0).u32(0xffff_ffff),
    ),
    'a message that another frame interrupts': concatBytes([
      encodeFrame(frame.open, 1000, 0, u32(kind.ping), 1),
      encodeFrame(frame.credit, 2, 0, u32(1)),
    ]),
    'a message that is too long': concatBytes(
      Array.from({ length: 40 }, () => encodeFrame(frame.open, 1000, 0, new Uint8Array(32000), 1)),
    ),
    'bytes without credit': concatBytes([
      open(kind.process, cat),
      ...Array.from({ length: 6 }, () => encodeFrame(frame.data, 1000, 0, new Uint8Array(30_000))),
    ]),
    'a stream that no channel has': concatBytes([
      open(kind.process, cat),
      encodeFrame(frame.end, 1000, 77, u32(0)),
    ]),
    'a greeting that is none': encodeFrame(frame.hello, 0, 0, new Uint8Array(32)),
  };

  it.each(Object.keys(faults))(
    'is ended by %s, with a reason, and another can begin',
    async (name) => {
      const ended = new Promise<SandglassError>((resolve) => guest.agent.closed.listen(resolve));
      await guest.native.send(faults[name] ?? new Uint8Array());
      const error = await ended;
      expect(error.code).toBe('unavailable');
      expect(error.message).toMatch(/^The node agent ended the session: .+\.$/);
      guest.agent = await guest.native.connect();
      expect(await guest.sh('echo fine')).toBe('fine');
    },
  );

  it('survives bytes that make no sense at all', async () => {
    for (let seed = 0; seed < 40; seed++) {
      await guest.native.send(patternBytes(1 + seed * 37, seed));
      if (seed % 8 === 7) guest.agent = await guest.native.connect();
    }
    expect(await guest.sh('echo fine')).toBe('fine');
  });

  it('survives requests of every kind that make no sense', async () => {
    for (let number = 0; number < 20; number++) {
      for (let length = 0; length < 60; length += 7) {
        const payload = new PayloadWriter().bytes(patternBytes(length, number * 100 + length));
        // Not the kinds that act on the whole machine.
        if (number === kind.identity || number === kind.prepareSnapshot) continue;
        await guest.native.send(open(number, payload));
        guest.agent = await guest.native.connect();
      }
    }
    expect(await guest.sh('echo fine')).toBe('fine');
  });
});

describe.skipIf(cannotRunNatively)('an agent that is not there', () => {
  it('is waited for until the deadline', async () => {
    await using native = await NativeAgent.start();
    await native.kill();
    const connecting = AgentClient.connect(native.channel, systemClock, { deadline: 50 });
    await expect(connecting).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: 'The node agent did not answer within 0.05 s.',
    });
  });

  it('is waited for until the caller gives up', async () => {
    await using native = await NativeAgent.start();
    await native.kill();
    const stop = new AbortController();
    const connecting = native.connect({ signal: stop.signal });
    stop.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('is greeted when it comes', async () => {
    await using native = await NativeAgent.start();
    await native.kill();
    const connecting = native.connect();
    native.restart();
    expect(await (await connecting).ping()).toBeGreaterThan(0);
  });
});
