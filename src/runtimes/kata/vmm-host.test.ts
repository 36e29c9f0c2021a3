import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { errno } from '#abi/errno.ts';
import type {
  DeviceBackend,
  VirtualMachine,
  VirtualMachineRequest,
  VirtualMachines,
} from '#runtimes/ports.ts';
import { FrameReader, encodeFrame, numbers } from '#runtimes/shim-frames.ts';
import { type VmmWatcher, parseVmmArguments, serveVmm } from './vmm-host.ts';
import { firstCredit, vmmFrame, vmmPayloadMax } from './vmm-frames.ts';

const argv = [
  '/usr/lib/sandglass/sandglass-vmm',
  ...['--id', 'abc', '--machine', 'kata-fc', '--memory', '64', '--shared', '/run/x'],
  ...['--vsock', '/run/y', '--mac', '02:00:00:00:00:07'],
];

const unwatched: VmmWatcher = {
  started: () => undefined,
  vsock: () => undefined,
  frame: () => undefined,
  ninep: () => undefined,
  ended: () => undefined,
};

/** A VMM's process at one end, a machine at the other. */
function startVmm(start?: VirtualMachines['start'], watcher: VmmWatcher = unwatched) {
  const stdin = new ByteQueue({ capacity: 1 << 20 });
  const stdout = new ByteQueue({ capacity: 1 << 20 });
  const gone = new AbortController();
  const ended = new Deferred<SandglassError>();
  const told: { replies: Uint8Array[]; frames: Uint8Array[]; disposed: number } = {
    replies: [],
    frames: [],
    disposed: 0,
  };
  const toGuest = new ByteQueue({ capacity: 1 << 20 });
  const fromGuest = new ByteQueue({ capacity: 1 << 20 });
  const machine: VirtualMachine = {
    ended: ended.promise,
    reply: (message) => told.replies.push(message.slice()),
    send: (frame) => told.frames.push(frame.slice()),
    open: () => Promise.resolve({ incoming: fromGuest, outgoing: toGuest, close: () => undefined }),
    facts: () => Promise.reject(new SandglassError('unimplemented', 'Not here.')),
    dispose: () => {
      told.disposed++;
    },
  };
  const started = new Deferred<{ request: VirtualMachineRequest; backend: DeviceBackend }>();
  const machines: VirtualMachines = {
    start:
      start ??
      ((request, backend) => {
        started.resolve({ request, backend });
        return Promise.resolve(machine);
      }),
  };
  const call = { argv, stdin, stdout, stderr: stdout, signal: gone.signal };
  const served = serveVmm(call, machines, watcher);
  served.catch(() => undefined);
  const reader = new FrameReader(stdout, vmmPayloadMax);
  return {
    served,
    started: started.promise,
    told,
    ended,
    gone,
    toGuest,
    fromGuest,
    next: () => reader.next(),
    send: (type: string, ...payload: Uint8Array[]) =>
      stdin.write(encodeFrame(type, Buffer.concat(payload))),
    leave: () => {
      stdin.end();
    },
  };
}

describe('serveVmm', () => {
  it('makes the machine that the command line describes', async () => {
    const { started } = startVmm();
    expect((await started).request).toEqual({
      board: 'minimal',
      fromTemplate: false,
      memoryBytes: 64 << 20,
      mac: '02:00:00:00:00:07',
    });
  });

  it('carries 9P messages and frames both ways', async () => {
    const { started, send, next, told, leave, served } = startVmm();
    const { backend } = await started;
    backend.ninep(Uint8Array.of(1, 2, 3));
    backend.frame(Uint8Array.of(4, 5));
    expect(await next()).toEqual({ type: vmmFrame.ninep, payload: Uint8Array.of(1, 2, 3) });
    expect(await next()).toEqual({ type: vmmFrame.ethernet, payload: Uint8Array.of(4, 5) });
    await send(vmmFrame.ninep, Uint8Array.of(6));
    await send(vmmFrame.ethernet, Uint8Array.of(7, 8));
    leave();
    expect(await served).toBe(0);
    expect(told).toEqual({
      replies: [Uint8Array.of(6)],
      frames: [Uint8Array.of(7, 8)],
      disposed: 1,
    });
  });

  it('connects a client of the node to the agent’s port, within the credit of each side', async () => {
    const { started, send, next, toGuest, fromGuest } = startVmm();
    await started;
    await send(vmmFrame.open, numbers(9, 1024));
    expect(await next()).toEqual({ type: vmmFrame.opened, payload: numbers(9, 0) });
    await send(vmmFrame.data, numbers(9), Uint8Array.of(1, 2));
    expect(await next()).toEqual({ type: vmmFrame.credit, payload: numbers(9, 2) });
    expect(await toGuest.read()).toEqual(Uint8Array.of(1, 2));

    await fromGuest.write(new Uint8Array(firstCredit + 1));
    let received = 0;
    while (received < firstCredit) received += ((await next())?.payload.length ?? 0) - 4;
    expect(received).toBe(firstCredit);
    await send(vmmFrame.credit, numbers(9, 100));
    expect((await next())?.payload.length).toBe(4 + 1);
  });

  it('ends a session of the debug console where the machine says so, and begins another', async () => {
    const { started, send, next, fromGuest } = startVmm();
    await started;
    await send(vmmFrame.open, numbers(1, 1026));
    expect(await next()).toEqual({ type: vmmFrame.opened, payload: numbers(1, 0) });
    await fromGuest.write(Uint8Array.of(0x62, 0x79, 0x65, 0));
    expect((await next())?.payload.subarray(4)).toEqual(Uint8Array.of(0x62, 0x79, 0x65));
    expect(await next()).toEqual({ type: vmmFrame.close, payload: numbers(1) });
    await send(vmmFrame.open, numbers(3, 1026));
    expect(await next()).toEqual({ type: vmmFrame.opened, payload: numbers(3, 0) });
    await fromGuest.write(Uint8Array.of(0x23));
    expect((await next())?.payload).toEqual(Uint8Array.of(3, 0, 0, 0, 0x23));
  });

  it('refuses a second client of a port, until the first has gone', async () => {
    const { started, send, next, fromGuest } = startVmm();
    await started;
    await send(vmmFrame.open, numbers(1, 1026));
    expect(await next()).toEqual({ type: vmmFrame.opened, payload: numbers(1, 0) });
    await send(vmmFrame.open, numbers(2, 1026));
    expect(await next()).toEqual({ type: vmmFrame.opened, payload: numbers(2, errno.EBUSY) });
    await send(vmmFrame.close, numbers(1));
    await send(vmmFrame.open, numbers(3, 1026));
    expect(await next()).toEqual({ type: vmmFrame.opened, payload: numbers(3, 0) });
    await fromGuest.write(Uint8Array.of(0x23));
    expect((await next())?.payload).toEqual(Uint8Array.of(3, 0, 0, 0, 0x23));
  });

  it('refuses a port that nothing in the machine listens on', async () => {
    const { started, send, next } = startVmm();
    await started;
    await send(vmmFrame.open, numbers(1, 22));
    expect(await next()).toEqual({
      type: vmmFrame.opened,
      payload: numbers(1, errno.ECONNREFUSED),
    });
  });

  it('fails with why the machine ended, and lets go of it', async () => {
    const { started, ended, served, told } = startVmm();
    await started;
    ended.resolve(new SandglassError('aborted', 'The kernel panicked.'));
    await expect(served).rejects.toMatchObject({ message: 'The kernel panicked.' });
    expect(told.disposed).toBe(1);
  });

  it('ends the machine with a process that is killed', async () => {
    const { started, gone, served, told } = startVmm();
    await started;
    gone.abort(new SandglassError('cancelled', 'killed'));
    await expect(served).rejects.toMatchObject({ code: 'cancelled' });
    expect(told.disposed).toBe(1);
  });

  it('tells nothing of a machine after its end, whatever its VMM still sends', async () => {
    const told: string[] = [];
    const { started, send, ended, served } = startVmm(undefined, {
      ...unwatched,
      frame: (_id, from) => told.push(`frame of the ${from}`),
      ninep: () => told.push('9P'),
      ended: () => told.push('end'),
    });
    const { backend } = await started;
    backend.frame(Uint8Array.of(1));
    ended.resolve(new SandglassError('aborted', 'The kernel panicked.'));
    await expect(served).rejects.toMatchObject({ code: 'aborted' });
    backend.frame(Uint8Array.of(2));
    backend.ninep(Uint8Array.of(3));
    await send(vmmFrame.ethernet, Uint8Array.of(4));
    await setImmediate();
    expect(told).toEqual(['frame of the guest', 'end']);
  });

  it('tells of the end of one that could not start, too', async () => {
    const told: string[] = [];
    const { served } = startVmm(
      (_request, backend) => {
        backend.ninep(Uint8Array.of(1));
        return Promise.reject(new SandglassError('internal', 'It did not start.'));
      },
      { ...unwatched, ninep: () => told.push('9P'), ended: () => told.push('end') },
    );
    await expect(served).rejects.toMatchObject({ message: 'It did not start.' });
    expect(told).toEqual(['9P', 'end']);
  });

  it('says where there is no memory for it', async () => {
    const { served } = startVmm(() =>
      Promise.reject(new SandglassError('resource-exhausted', 'no memory')),
    );
    await expect(served).rejects.toMatchObject({ code: 'resource-exhausted' });
  });
});

describe('parseVmmArguments', () => {
  it.each([
    ['no machine of that name', ['--machine', 'xen'], /no machine "xen"/],
    ['memory that is no number', ['--memory', 'much'], /1 to 1024/],
    ['too much memory', ['--memory', '4096'], /1 to 1024/],
  ])('refuses %s', (_what, changed, message) => {
    expect(() => parseVmmArguments([...argv, ...changed])).toThrow(message);
  });

  it('says what is missing', () => {
    expect(() => parseVmmArguments(['vmm', '--id', 'x'])).toThrow('--machine is missing.');
  });
});
