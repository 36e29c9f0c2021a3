import { Code } from '@connectrpc/connect';
import { beforeEach, describe, expect, it } from 'vitest';
import { readAllBytes } from '#base/byte-stream.ts';
import { ManualClock } from '#base/clock.ts';
import { RuntimeService } from '#kube/cri/api_pb.ts';
import type { RegistryFiles } from '#oci/ports.ts';
import { criClientsOf } from './cri-client.ts';
import { Faults } from './faults.ts';

let clock: ManualClock;
let faults: Faults;

beforeEach(() => {
  clock = new ManualClock();
  faults = new Faults(clock);
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a runtime that is stopped', () => {
  it('answers nobody, and everybody again when it runs', async () => {
    let calls = 0;
    const { runtime } = criClientsOf({
      routes: (router) =>
        router.service(RuntimeService, {
          version: () => {
            calls += 1;
            return { runtimeName: 'sandglass' };
          },
        }),
      interceptors: [faults.refuseCalls],
    });
    faults.set({ runtimeStopped: true, registryBytesPerSecond: undefined });
    await expect(runtime.version({})).rejects.toMatchObject({
      code: Code.Unavailable,
      message: expect.stringContaining('connect: connection refused') as string,
    });
    expect(calls).toBe(0);
    faults.set({ runtimeStopped: false, registryBytesPerSecond: undefined });
    expect(await runtime.version({})).toMatchObject({ runtimeName: 'sandglass' });
  });
});

describe('a slow registry', () => {
  const content = Uint8Array.from({ length: 1000 }, (_, at) => at & 0xff);
  let cancelled: boolean;
  let files: RegistryFiles;

  beforeEach(() => {
    cancelled = false;
    let chunks = [content.subarray(0, 700), content.subarray(700)];
    files = faults.slow({
      open: () =>
        Promise.resolve({
          read: () => {
            const [first, ...others] = chunks;
            chunks = others;
            return Promise.resolve(first);
          },
          cancel: () => (cancelled = true),
        }),
    });
  });

  it('sends what it has, at its rate', async () => {
    faults.set({ runtimeStopped: false, registryBytesPerSecond: 400 });
    let received: Uint8Array | undefined;
    const reading = files.open('blob').then(readAllBytes);
    void reading.then((bytes) => (received = bytes));
    let passed = 0;
    for (; !received && passed < 10_000; passed += 50) {
      await settled();
      clock.advance(50);
    }
    expect(received).toEqual(content);
    expect(passed).toBeGreaterThanOrEqual(2500);
    expect(passed).toBeLessThan(3500);
  });

  it('is as fast as ever once that is undone, in the middle of a file', async () => {
    faults.set({ runtimeStopped: false, registryBytesPerSecond: 1 });
    const source = await files.open('blob');
    const first = source.read();
    await settled();
    clock.advance(1000);
    expect(await first).toEqual(content.subarray(0, 1));
    faults.clear();
    expect(await readAllBytes(source)).toEqual(content.subarray(1));
  });

  it('lets its readers go', async () => {
    faults.set({ runtimeStopped: false, registryBytesPerSecond: 1 });
    const source = await files.open('blob');
    const leaving = new AbortController();
    const reading = source.read(leaving.signal);
    leaving.abort(new Error('Enough.'));
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    source.cancel();
    expect(cancelled).toBe(true);
  });

  it.each([0, -1, Number.NaN])('has no rate of %d', (registryBytesPerSecond) => {
    expect(() => faults.set({ runtimeStopped: false, registryBytesPerSecond })).toThrow(
      /at least one byte/,
    );
  });
});

it('faults are told of, and go with the machine', () => {
  const told: unknown[] = [];
  void faults.told.watch((value) => told.push(value));
  faults.clear();
  faults.set({ runtimeStopped: true, registryBytesPerSecond: 10 });
  faults.clear();
  const none = { runtimeStopped: false, registryBytesPerSecond: undefined };
  expect(told).toEqual([none, { runtimeStopped: true, registryBytesPerSecond: 10 }, none]);
});
