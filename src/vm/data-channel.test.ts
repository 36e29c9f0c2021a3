import { describe, expect, it } from 'vitest';
import { SandglassError } from '#base/errors.ts';
import { DataChannel } from './data-channel.ts';
import type { VirtIO, VirtQueue } from './v86-internals.ts';

const port = 1;

/** A console device whose driver has put `buffers` into the port's receive queue. */
function fakeChannel(options: { open: boolean; buffers: number; driverUp?: boolean }) {
  const delivered: Uint8Array[] = [];
  const failures: unknown[] = [];
  const taken: number[] = [];
  let buffers = options.buffers;
  const queue = (hasRequest: () => boolean) =>
    ({ is_configured: () => 1, has_request: hasRequest }) as unknown as VirtQueue;
  const device: VirtIO = {
    device_status: options.driverUp === false ? 0 : 0xf,
    pci_id: 0,
    queues: Array.from({ length: 10 }, () => queue(() => true)),
  };
  device.queues[2 * port + 2] = queue(() => buffers > 0);
  const channel = new DataChannel({
    port,
    device,
    open: options.open,
    deliverInput: (bytes) => {
      buffers--;
      delivered.push(bytes.slice());
    },
    takeOutput: (queueId) => taken.push(queueId),
    report: (_source, error) => failures.push(error),
  });
  const refill = (count: number) => {
    buffers += count;
    channel.refilled();
  };
  return { channel, device, delivered, failures, taken, refill };
}

describe('DataChannel, to the guest', () => {
  it('sends no more than a page at a time, and only while there are buffers', async () => {
    const { channel, delivered, refill } = fakeChannel({ open: true, buffers: 2 });
    let resolved = false;
    const sent = channel.send(new Uint8Array(10_000)).then(() => (resolved = true));
    expect(delivered.map((bytes) => bytes.length)).toEqual([4096, 4096]);
    await Promise.resolve();
    expect(resolved).toBe(false);
    refill(1);
    await sent;
    expect(delivered.map((bytes) => bytes.length)).toEqual([4096, 4096, 1808]);
    expect(channel.quiet).toBe(true);
  });

  it('waits for a process to open the port: Linux throws away what comes before', async () => {
    const { channel, delivered } = fakeChannel({ open: false, buffers: 16 });
    const sent = channel.send(Uint8Array.of(1));
    expect(delivered).toEqual([]);
    channel.guestOpened(true);
    await sent;
    expect(delivered).toHaveLength(1);
  });

  it('does not ask a queue that the driver has not set up', () => {
    const { channel, delivered, device } = fakeChannel({ open: true, buffers: 1, driverUp: false });
    void channel.send(Uint8Array.of(1));
    expect(delivered).toEqual([]);
    device.device_status = 0xf;
    channel.refilled();
    expect(delivered).toHaveLength(1);
  });

  it('rejects what the guest did not take before it closed the port', async () => {
    const { channel, refill } = fakeChannel({ open: true, buffers: 0 });
    const sent = channel.send(Uint8Array.of(1));
    channel.guestOpened(false);
    await expect(sent).rejects.toMatchObject({ code: 'unavailable' });
    refill(1);
    expect(channel.quiet).toBe(true);
  });

  it('rejects what does not fit into the guest’s memory', async () => {
    const { channel, device, failures } = fakeChannel({ open: true, buffers: 1 });
    device.queues[2 * port + 2] = {
      is_configured: () => 1,
      has_request: () => {
        throw new RangeError('offset is out of bounds');
      },
    } as unknown as VirtQueue;
    await expect(channel.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'internal' });
    expect(failures).toHaveLength(1);
  });

  it('rejects everything once the machine has ended', async () => {
    const { channel } = fakeChannel({ open: true, buffers: 0 });
    const waiting = channel.send(Uint8Array.of(1));
    channel.fail(new SandglassError('unavailable', 'The machine has halted.'));
    await expect(waiting).rejects.toThrow('halted');
    await expect(channel.send(Uint8Array.of(1))).rejects.toThrow('halted');
  });
});

describe('DataChannel, from the guest', () => {
  it('leaves bytes in the guest until somebody listens', () => {
    const { channel, taken } = fakeChannel({ open: true, buffers: 0 });
    expect(channel.holding).toBe(true);
    channel.listen(() => undefined);
    expect(channel.holding).toBe(false);
    expect(taken).toEqual([2 * port + 3]);
  });

  it('holds back on request', () => {
    const { channel, taken } = fakeChannel({ open: true, buffers: 0 });
    channel.listen(() => undefined);
    channel.hold();
    expect(channel.holding).toBe(true);
    channel.release();
    expect(taken).toHaveLength(2);
  });

  it('contains a listener that throws, and lets the others hear', () => {
    const { channel, failures } = fakeChannel({ open: true, buffers: 0 });
    const heard: number[] = [];
    channel.listen(() => {
      throw new Error('mine');
    });
    channel.listen((bytes) => heard.push(bytes.length));
    channel.received(new Uint8Array(3));
    expect(heard).toEqual([3]);
    expect(failures).toHaveLength(1);
  });
});
