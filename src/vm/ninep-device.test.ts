import { describe, expect, it } from 'vitest';
import type { SandglassError } from '#base/errors.ts';
import { NinepDevice, type NinepHandler } from './ninep-device.ts';
import type { Virtio9p } from './v86-internals.ts';

const tflush = 108;
const tread = 116;

function ninepMessage(type: number, tag: number, body: number[] = []): Uint8Array {
  const length = 7 + body.length;
  return Uint8Array.of(length, 0, 0, 0, type, tag & 255, tag >> 8, ...body);
}

/** ecode 5 */
const eio = (tag: number) => ninepMessage(7, tag, [5, 0, 0, 0]);

function ask(handler: NinepHandler | undefined, room = 1000) {
  const failures: [number, SandglassError][] = [];
  const replies: Uint8Array[] = [];
  const device = new NinepDevice(handler, (tag, error) => failures.push([tag, error]));
  const tag_bufchain = { get: () => ({ length_writable: room }) };
  device.attach({ tag_bufchain } as unknown as Virtio9p);
  const send = (message: Uint8Array) => {
    device.handle(message, (reply) => replies.push(reply));
  };
  return { device, failures, replies, send };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('NinepDevice', () => {
  it('answers with what the server says, counting what is in flight', async () => {
    const { device, failures, replies, send } = ask((request) =>
      Promise.resolve(ninepMessage(tread + 1, request[5] ?? 0, [9])),
    );
    send(ninepMessage(tread, 3));
    expect(device.inFlight).toBe(1);
    await settled();
    expect(replies).toEqual([ninepMessage(tread + 1, 3, [9])]);
    expect(device).toMatchObject({ inFlight: 0, requests: 1 });
    expect(failures).toEqual([]);
  });

  const wrongServers: [string, NinepHandler, RegExp][] = [
    [
      'throws',
      () => {
        throw new Error('lost');
      },
      /lost/,
    ],
    ['rejects', () => Promise.reject(new Error('lost')), /lost/],
    [
      'answers more than the guest has room for',
      () => Promise.resolve(ninepMessage(117, 3, Array<number>(200).fill(0))),
      /room for 100/,
    ],
    ['answers another tag', () => Promise.resolve(ninepMessage(117, 4)), /tag 4/],
    [
      'answers with a wrong size',
      () => Promise.resolve(Uint8Array.of(9, 0, 0, 0, 117, 3, 0)),
      /size/,
    ],
    ['answers with too little', () => Promise.resolve(Uint8Array.of(1)), /size/],
  ];
  it.each(wrongServers)(
    'tells the guest EIO when the server %s',
    async (_what, handler, message) => {
      const { failures, replies, send } = ask(handler, 100);
      send(ninepMessage(tread, 3));
      await settled();
      expect(replies).toEqual([eio(3)]);
      expect(failures.map(([tag]) => tag)).toEqual([3]);
      expect(failures[0]?.[1].message).toMatch(message);
    },
  );

  it('tells the guest EIO when there is no server', async () => {
    const { replies, send } = ask(undefined);
    send(ninepMessage(tread, 1));
    await settled();
    expect(replies).toEqual([eio(1)]);
  });

  it('answers a flushed request before the flush, and tells the server', async () => {
    const { replies, send } = ask(
      (request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            // Late on purpose: the flush has to wait for it.
            setTimeout(() => {
              resolve(ninepMessage(tread + 1, request[5] ?? 0));
            }, 5);
          });
        }),
    );
    send(ninepMessage(tread, 1));
    send(ninepMessage(tflush, 2, [1, 0]));
    while (replies.length < 2) await settled();
    expect(replies.map((reply) => [reply[4], reply[5]])).toEqual([
      [tread + 1, 1],
      [tflush + 1, 2],
    ]);
  });

  it('answers a flush of what was answered already', async () => {
    const { replies, send } = ask(() => Promise.reject(new Error('not asked')));
    send(ninepMessage(tflush, 2, [1, 0]));
    await settled();
    expect(replies).toEqual([ninepMessage(tflush + 1, 2)]);
  });

  it('drops answers that come after the machine has ended', async () => {
    let answer: (reply: Uint8Array) => void = () => undefined;
    let aborted = false;
    const { device, replies, send } = ask((_request, signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise((resolve) => (answer = resolve));
    });
    send(ninepMessage(tread, 1));
    device.close();
    answer(ninepMessage(tread + 1, 1));
    await settled();
    expect(replies).toEqual([]);
    expect(aborted).toBe(true);
  });
});
