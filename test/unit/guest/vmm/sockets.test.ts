import { beforeEach, describe, expect, it } from 'vitest';
import { concatBytes, readAllBytes } from '#base/byte-stream.ts';
import type { Connection } from '#guest/sockets.ts';
import { firstCredit, vmmFrame } from '#runtimes/kata/vmm-frames.ts';
import { numbers } from '#runtimes/shim-frames.ts';
import { patternBytes, readUntil, text, useAgent, utf8 } from '../agent-test.ts';
import { cannotRunNatively } from '../native-agent.ts';
import { type Vmm, startVmm, vsockPath } from './vmm-test.ts';

const u32s = (bytes: Uint8Array) => [...new Uint32Array(bytes.slice().buffer)];

describe.skipIf(cannotRunNatively)('sockets of the machine', () => {
  const guest = useAgent();
  let vmm: Vmm;

  beforeEach(async () => {
    vmm = await startVmm(guest);
  });

  const connect = () => guest.agent.connect({ unix: vsockPath });
  const say = (id: number, bytes: Uint8Array) => {
    vmm.frames.send(vmmFrame.data, numbers(id), bytes);
  };

  /** A client that has been told OK, and its connection's number. */
  async function opened(port = 1024): Promise<[Connection, number]> {
    const connection = await connect();
    await connection.outgoing.write(utf8(`CONNECT ${port}\n`));
    const [id = 0, asked] = u32s(await vmm.next(vmmFrame.open));
    expect(asked).toBe(port);
    vmm.frames.send(vmmFrame.opened, numbers(id, 0));
    await readUntil(connection.incoming, `OK ${id}\n`);
    return [connection, id];
  }

  /** Data frames of one connection until so many bytes have come. */
  async function hear(id: number, count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let have = 0; have < count;) {
      const frame = await vmm.next(vmmFrame.data);
      expect(u32s(frame.slice(0, 4))).toEqual([id]);
      parts.push(frame.subarray(4));
      have += frame.length - 4;
    }
    return concatBytes(parts);
  }

  it('are connected to by a line, and carry what follows it both ways', async () => {
    const connection = await connect();
    await connection.outgoing.write(utf8('CONN'));
    await connection.outgoing.write(utf8('ECT 4294967295\nearly'));
    const [id = 0, port] = u32s(await vmm.next(vmmFrame.open));
    expect(port).toBe(4294967295);
    vmm.frames.send(vmmFrame.opened, numbers(id, 0));
    expect(text(await hear(id, 5))).toBe('early');
    say(id, utf8('hello'));
    expect(await readUntil(connection.incoming, 'hello')).toBe(`OK ${id}\nhello`);
    const [other, second] = await opened(1026);
    expect(second).not.toBe(id);
    await other.outgoing.write(utf8('other'));
    expect(text(await hear(second, 5))).toBe('other');
  });

  it('are closed to who is refused, or speaks something else', async () => {
    const refused = await connect();
    await refused.outgoing.write(utf8('CONNECT 5\n'));
    const [id = 0] = u32s(await vmm.next(vmmFrame.open));
    vmm.frames.send(vmmFrame.opened, numbers(id, 111));
    expect(await readAllBytes(refused.incoming)).toHaveLength(0);
    const lines = ['GET / HTTP/1.1\r\n', 'CONNECT\n', 'CONNECT x\n', 'CONNECT 4294967296\n'];
    for (const line of [...lines, 'CONNECT -1\n', 'CONNECT 1 \n', `CONNECT ${'0'.repeat(40)}`]) {
      const stranger = await connect();
      await stranger.outgoing.write(utf8(line));
      // A reset, or the end.
      await readAllBytes(stranger.incoming).catch(() => undefined);
    }
    await opened();
    expect(vmm.unread(vmmFrame.open)).toBe(0);
    expect(vmm.unread(vmmFrame.close)).toBe(0);
  });

  it('send no more than there is credit for', async () => {
    const [connection, id] = await opened();
    const bytes = patternBytes(1_000_000, 1);
    const written = connection.outgoing.write(bytes);
    const first = await hear(id, firstCredit);
    expect(first).toHaveLength(firstCredit);
    // Others go on.
    const [other, second] = await opened();
    await other.outgoing.write(utf8('beside'));
    expect(text(await hear(second, 6))).toBe('beside');
    expect(vmm.unread(vmmFrame.data)).toBe(0);
    vmm.frames.send(vmmFrame.credit, numbers(id, 10));
    expect(await hear(id, 10)).toHaveLength(10);
    vmm.frames.send(vmmFrame.credit, numbers(id, 1_000_000));
    const rest = await hear(id, 1_000_000 - firstCredit - 10);
    await written;
    expect(Buffer.compare(rest, bytes.subarray(firstCredit + 10))).toBe(0);
    connection.close();
    expect(u32s(await vmm.next(vmmFrame.close))).toEqual([id]);
  });

  it('take what there is credit for while nobody reads it, and give more as somebody does', async () => {
    const [connection, id] = await opened();
    const bytes = patternBytes(2_000_000, 2);
    const whole = readAllBytes(connection.incoming);
    let credit = firstCredit;
    for (let at = 0; at < bytes.length;) {
      if (credit === 0) credit = u32s(await vmm.next(vmmFrame.credit))[1] ?? 0;
      const part = bytes.subarray(at, at + Math.min(credit, 30_000));
      say(id, part);
      at += part.length;
      credit -= part.length;
    }
    vmm.frames.send(vmmFrame.close, numbers(id));
    expect(Buffer.compare(await whole, bytes)).toBe(0);
    // Whoever was closed does not close.
    await opened();
    expect(vmm.unread(vmmFrame.close)).toBe(0);
  });

  it('are closed to a host that does not keep count', async () => {
    const [, id] = await opened();
    say(id, new Uint8Array(firstCredit + 1));
    expect(u32s(await vmm.next(vmmFrame.close))).toEqual([id]);
    say(id, utf8('x'));
    vmm.frames.send(vmmFrame.credit, numbers(id, 5));
    vmm.frames.send(vmmFrame.close, numbers(77));
    vmm.frames.send(vmmFrame.data, new Uint8Array(2));
    vmm.frames.send('?', numbers(1));
    await opened();
  });

  it('tell the host of a client that goes, be it in the middle of connecting', async () => {
    const connection = await connect();
    await connection.outgoing.write(utf8('CONNECT 9\n'));
    const [id = 0] = u32s(await vmm.next(vmmFrame.open));
    connection.close();
    expect(u32s(await vmm.next(vmmFrame.close))).toEqual([id]);
    vmm.frames.send(vmmFrame.opened, numbers(id, 0));
    const [second, other] = await opened();
    second.close();
    expect(u32s(await vmm.next(vmmFrame.close))).toEqual([other]);
  });

  it('answer a client that has said all it will say', async () => {
    const [connection, id] = await opened();
    await connection.outgoing.write(utf8('question'));
    connection.outgoing.end();
    expect(text(await hear(id, 8))).toBe('question');
    say(id, utf8('ans'));
    say(id, utf8('wer'));
    vmm.frames.send(vmmFrame.close, numbers(id));
    expect(text(await readAllBytes(connection.incoming))).toBe('answer');
    // It does not spin while it waits for such a client.
    const [, still] = await opened();
    const ticks = async () => {
      const fields = (await guest.sh(`cat /proc/${vmm.process.pid}/stat`)).split(' ');
      return Number(fields[13]) + Number(fields[14]);
    };
    const before = await ticks();
    for (let i = 0; i < 20; i++) await guest.sh('true');
    expect((await ticks()) - before).toBeLessThan(20);
    say(still, utf8('x'));
  });

  it('are as many as there is room for', async () => {
    const connections = await Promise.all(Array.from({ length: 64 }, connect));
    const late = await connect();
    await late.outgoing.write(utf8('CONNECT 1\n')).catch(() => undefined);
    await readAllBytes(late.incoming).catch(() => undefined);
    expect(vmm.unread(vmmFrame.open)).toBe(0);
    for (const connection of connections) connection.close();
    await opened();
  });
});
