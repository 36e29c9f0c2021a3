import { describe, expect, it } from 'vitest';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import type { VmmApi, VmmDevices, VmmStart } from '#rpc/vmm-contract.ts';
import type { WorkerConnection } from '#rpc/worker-connection.ts';
import { WorkerMachines } from './worker-machines.ts';

const request = {
  board: 'pc',
  fromTemplate: false,
  memoryBytes: 64 << 20,
  mac: '02:00:00:00:00:01',
} as const;

const backend = { ninep: () => undefined, frame: () => undefined };

/** Machines whose workers are the test's, with room for two. */
function machines(start: VmmApi['start'] = () => Promise.resolve()) {
  const workers: {
    death: Deferred<SandglassError>;
    disposed: number;
    devices?: VmmDevices;
    isReady?: boolean;
  }[] = [];
  const connect = (): WorkerConnection<VmmApi> => {
    const worker: (typeof workers)[number] = { death: new Deferred(), disposed: 0 };
    workers.push(worker);
    const api = {
      start: (machine: VmmStart, devices: VmmDevices, onEnd: Parameters<VmmApi['start']>[2]) => {
        // Its end would go unnoticed before.
        expect(worker.isReady).toBe(true);
        worker.devices = devices;
        return start(machine, devices, onEnd);
      },
      whenOpen: () => Promise.resolve(),
    };
    return {
      api: api as unknown as VmmApi,
      greeted: Promise.resolve().then(() => {
        worker.isReady = true;
      }),
      death: worker.death.promise,
      dispose: () => {
        worker.disposed++;
      },
    };
  };
  const all = new WorkerMachines({
    connect,
    emulator: () => Promise.resolve({} as WebAssembly.Module),
    source: () => Promise.resolve({ kind: 'template', snapshot: new Uint8Array(1) }),
    budget: 128 << 20,
  });
  return { all, workers };
}

describe('WorkerMachines', () => {
  it('refuses a machine that there is no memory for, until another has gone', async () => {
    const { all } = machines();
    const first = await all.start(request, backend);
    await all.start(request, backend);
    await expect(all.start(request, backend)).rejects.toMatchObject({
      code: 'resource-exhausted',
      message: expect.stringContaining(
        '128 MiB of 128 MiB are taken, and it needs 64 MiB',
      ) as string,
    });
    first.dispose();
    await first.ended;
    await all.start(request, backend);
  });

  it('gives back the memory of one that could not start, and ends its worker', async () => {
    const failure = new SandglassError('data-loss', 'damaged');
    const { all, workers } = machines(() => Promise.reject(failure));
    for (let i = 0; i < 3; i++) await expect(all.start(request, backend)).rejects.toBe(failure);
    expect(workers.map(({ disposed }) => disposed)).toEqual([1, 1, 1]);
  });

  it('ends with its worker, and so does what is read from it', async () => {
    const { all, workers } = machines();
    const machine = await all.start(request, backend);
    const { incoming } = await machine.open(1);
    const reading = incoming.read();
    workers[0]?.death.resolve(new SandglassError('unavailable', 'The worker stopped.'));
    expect((await machine.ended).message).toBe('The worker stopped.');
    await expect(reading).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('hands over what the machine asks and sends, and gives it copies of what it gets', async () => {
    const { all, workers } = machines();
    const asked = new Deferred<Uint8Array>();
    const machine = await all.start(request, {
      ninep: asked.resolve,
      frame: () => undefined,
    });
    const devices = workers[0]?.devices;
    devices?.ninep.postMessage(Uint8Array.of(1, 2));
    expect(await asked.promise).toEqual(Uint8Array.of(1, 2));
    const replied = new Deferred<Uint8Array>();
    if (devices) {
      devices.ninep.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
        replied.resolve(data);
      };
    }
    const large = new Uint8Array(100).fill(7);
    machine.reply(large.subarray(10, 12));
    const reply = await replied.promise;
    expect(reply.buffer.byteLength).toBe(2);
    expect(large.length).toBe(100);
    machine.dispose();
  });

  it('tells why a machine has ended by itself', async () => {
    const end = new Deferred<Parameters<VmmApi['start']>[2]>();
    const { all } = machines((_machine, _devices, onEnd) => {
      end.resolve(onEnd);
      return Promise.resolve();
    });
    const machine = await all.start(request, backend);
    (await end.promise)({ code: 'aborted', message: 'It panicked.' });
    expect(await machine.ended).toMatchObject({ code: 'aborted', message: 'It panicked.' });
  });
});
