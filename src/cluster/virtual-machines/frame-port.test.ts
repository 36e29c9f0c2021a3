import { afterEach, expect, it } from 'vitest';
import { Deferred } from '#base/deferred.ts';
import { FramePort } from './frame-port.ts';

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function channel(): MessageChannel {
  const made = new MessageChannel();
  open.push(made.port1, made.port2);
  return made;
}

const size = 9018;
const frame = (first: number) => new Uint8Array(size).fill(first);

it('carries frames, each alone in its buffer, and leaves the sender his own', async () => {
  const { port1, port2 } = channel();
  const came = new Deferred<Uint8Array>();
  new FramePort(port2, came.resolve);
  const large = new Uint8Array(100).fill(7);
  new FramePort(port1, () => undefined).send(large.subarray(10, 12));
  const got = await came.promise;
  expect([got, got.buffer.byteLength]).toEqual([Uint8Array.of(7, 7), 2]);
  expect(large).toHaveLength(100);
});

it('loses what a thread that does not keep up has no room for, and no more', async () => {
  const { port1, port2 } = channel();
  const near = new FramePort(port1, () => undefined);
  for (let i = 0; i < 200; i++) near.send(frame(i));
  const room = Math.floor((1 << 20) / size);
  expect(near.dropped).toBe(200 - room);
  let came = 0;
  const all = new Deferred<void>();
  new FramePort(port2, () => {
    if (++came === room) all.resolve();
  });
  await all.promise;
  // What it has taken has room again.
  await expect
    .poll(() => {
      const before = near.dropped;
      near.send(frame(0));
      return near.dropped === before;
    })
    .toBe(true);
});
