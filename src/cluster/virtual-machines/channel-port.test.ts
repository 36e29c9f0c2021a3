import { afterEach, expect, it } from 'vitest';
import { BytePort } from '#base/byte-port.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { connectChannel } from './channel-port.ts';

const open: BytePort[] = [];
afterEach(() => {
  for (const port of open.splice(0))
    port.fail(new SandglassError('cancelled', 'The test is over.'));
});

/** A machine's data port, and the end of its stream in the node's thread. */
function joined(send: (bytes: Uint8Array) => Promise<void>) {
  const { near, far } = BytePort.pair();
  const port = new BytePort(far);
  open.push(near, port);
  let listener: (bytes: Uint8Array) => void = () => undefined;
  const told: string[] = [];
  const channel = {
    listen: (given: typeof listener) => {
      listener = given;
      return () => undefined;
    },
    hold: () => told.push('hold'),
    release: () => told.push('release'),
    send,
  };
  connectChannel(channel, port);
  return { near, told, write: (bytes: Uint8Array) => listener(bytes) };
}

it('carries bytes both ways, the guest held while they have no room', async () => {
  const sent = new Deferred<Uint8Array>();
  const { near, told, write } = joined((bytes) => {
    sent.resolve(bytes);
    return Promise.resolve();
  });
  await near.outgoing.write(Uint8Array.of(1, 2));
  expect(await sent.promise).toEqual(Uint8Array.of(1, 2));
  write(Uint8Array.of(3));
  expect(await near.incoming.read()).toEqual(Uint8Array.of(3));
  expect(told).toEqual(['hold', 'release']);
});

it('tells both directions when the guest has closed the port before it took all', async () => {
  const closed = new SandglassError('unavailable', 'The guest closed port 1.');
  const { near } = joined(() => Promise.reject(closed));
  const reading = near.incoming.read();
  await near.outgoing.write(Uint8Array.of(1));
  await expect(reading).rejects.toMatchObject({ message: 'The guest closed port 1.' });
});
