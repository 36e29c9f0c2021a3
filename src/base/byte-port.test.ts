import { afterEach, describe, expect, it } from 'vitest';
import { BytePort } from './byte-port.ts';
import { readAllBytes } from './byte-stream.ts';
import { SandglassError } from './errors.ts';

const open: MessagePort[] = [];

function pair(): [BytePort, BytePort] {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  return [new BytePort(port1), new BytePort(port2)];
}

afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

describe('BytePort', () => {
  it('carries more than a window both ways at once, byte for byte', async () => {
    const [a, b] = pair();
    const sent = pattern(3 << 20);
    const [atA, atB] = await Promise.all([
      readAllBytes(a.incoming),
      readAllBytes(b.incoming),
      a.outgoing.write(sent).then(() => a.outgoing.end()),
      b.outgoing.write(sent).then(() => b.outgoing.end()),
    ]);
    expect(Buffer.compare(atA, sent)).toBe(0);
    expect(Buffer.compare(atB, sent)).toBe(0);
  });

  it('stops a writer whose bytes nobody reads', async () => {
    const [a] = pair();
    const writing = new AbortController();
    const write = a.outgoing.write(pattern(1 << 20), writing.signal);
    writing.abort();
    await expect(write).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    ['a Uint8Array', pattern(10)],
    ['a Buffer of a shared pool', Buffer.from(pattern(10))],
  ])('leaves the writer its bytes: %s', async (_what, mine) => {
    const [a, b] = pair();
    await a.outgoing.write(mine);
    expect(mine.length).toBe(10);
    expect(await b.incoming.read()).toEqual(pattern(10));
  });

  it('tells the reader of a failure with its code', async () => {
    const [a, b] = pair();
    a.fail(new SandglassError('not-found', 'There is no such file.'));
    await expect(b.incoming.read()).rejects.toMatchObject({
      code: 'not-found',
      message: 'There is no such file.',
    });
  });

  it('tells the writer when the reader has gone', async () => {
    const [a, b] = pair();
    const write = a.outgoing.write(pattern(4 << 20));
    b.incoming.cancel();
    await expect(write).rejects.toMatchObject({ code: 'cancelled' });
  });
});
