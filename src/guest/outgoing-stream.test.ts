import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { FrameQueue } from './frame-queue.ts';
import { OutgoingStream } from './outgoing-stream.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('keeps nothing of the writes that are over', async () => {
  const port = { send: () => Promise.resolve(), listen: () => () => undefined };
  const queue = new FrameQueue(port, (error) => expect.fail(String(error)));
  const stream = new OutgoingStream(queue, 2, 0);
  const writes = 50_000;
  stream.addCredit(2 * writes);
  const writeAll = async () => {
    for (let i = 0; i < writes; i++) await stream.write(Uint8Array.of(1));
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await writeAll();
  // An object a write would be several MB.
  expect((await writeAll()) - before).toBeLessThan(1 << 20);
});
