import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { readAllBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { randomBytes } from '#kube/streaming/testing.ts';
import { nodeDuplex } from './node-duplex.ts';

const bytes = randomBytes(1 << 20, 1);

describe('a stream of bytes as a Duplex', () => {
  it('carries bytes both ways, each as it was, and each end of its own', async () => {
    const [near, far] = duplexPair(10_000);
    const duplex = nodeDuplex(near);
    duplex.end(bytes);
    expect(Buffer.compare(await readAllBytes(far.incoming), bytes)).toBe(0);
    const sent = far.outgoing.write(bytes).then(() => far.outgoing.end());
    expect(Buffer.compare(await buffer(duplex), bytes)).toBe(0);
    await sent;
  });

  it('takes no more than its reader, and then says so', async () => {
    const [near, far] = duplexPair(1000);
    const duplex = nodeDuplex(near);
    expect(duplex.write(bytes)).toBe(false);
    const drained = once(duplex, 'drain');
    expect(near.outgoing).toMatchObject({ queued: 1000 });
    const rest = readAllBytes(far.incoming);
    await drained;
    duplex.end();
    expect(await rest).toHaveLength(bytes.length);
  });

  it('ends with the failure of its stream', async () => {
    const incoming = new ByteQueue({ capacity: 10 });
    const outgoing = new ByteQueue({ capacity: 10 });
    let closed = 0;
    const duplex = nodeDuplex({ incoming, outgoing, close: () => (closed += 1) });
    const failed = once(duplex, 'close');
    duplex.resume();
    incoming.fail(new SandglassError('unavailable', 'The agent has gone.'));
    await expect(failed).rejects.toThrow('The agent has gone.');
    expect(closed).toBe(1);
  });

  it('closes the stream when it is destroyed', async () => {
    const [near, far] = duplexPair();
    nodeDuplex(near).destroy();
    expect(await far.incoming.read()).toBeUndefined();
  });
});
