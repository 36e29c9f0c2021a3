import { createRouterTransport } from '@connectrpc/connect';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Gate } from '#base/gate.ts';
import { SteppableClock } from '#base/steppable-clock.ts';
import { Stepper } from '#base/stepper.ts';
import { TraceBus } from '#base/trace.ts';
import { ImageService, RuntimeService } from '#kube/cri/api_pb.ts';
import { type CriClients, criClients } from '#kube/cri/client.ts';
import { processHeader } from '#kube/cri/process-header.ts';
import { observeCri } from './observe-cri.ts';

let trace: TraceBus;
let stepper: Stepper;
let cri: CriClients;
let machineClock: ManualClock;
let containers: string[];
/** Streams of events that the service still sends. */
let streams: number;
/** It has nothing more to send. */
let waiting: boolean;

beforeEach(() => {
  machineClock = new ManualClock();
  const clock = new SteppableClock(machineClock);
  trace = new TraceBus(clock);
  stepper = new Stepper(clock);
  containers = ['c1'];
  streams = 0;
  waiting = false;
  const routes: Parameters<typeof createRouterTransport>[0] = (router) => {
    router.service(RuntimeService, {
      listContainers: () => ({
        containers: containers.map((id) => ({ id, podSandboxId: 's1', createdAt: 5n })),
      }),
      startContainer: (_, { responseHeader }) => {
        responseHeader.set(processHeader, '77');
        return {};
      },
      stopContainer: () => {
        machineClock.advance(700);
        return {};
      },
      execSync: () => ({ stdout: new Uint8Array(1 << 20), exitCode: 3 }),
      async *getContainerEvents(_, { signal }) {
        streams++;
        try {
          yield { containerId: 'c1' };
          yield { containerId: 'c2' };
          waiting = true;
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        } finally {
          streams--;
        }
      },
    });
    router.service(ImageService, {
      imageFsInfo: () => ({}),
      pullImage: () => ({ imageRef: 'sha256:1' }),
      removeImage: () => ({}),
    });
  };
  const interceptors = [observeCri({ stopwatch: machineClock, trace, stepper, gate: new Gate() })];
  cri = criClients(createRouterTransport(routes, { transport: { interceptors } }));
});

const records = () => trace.history().map(({ id: _id, time: _time, ...body }) => body);

describe('a call that is made again and again', () => {
  it('is told of without its answer as long as that stays the same', async () => {
    for (let time = 0; time < 3; time++) await cri.runtime.listContainers({});
    containers.push('c2');
    await cri.runtime.listContainers({});
    await cri.runtime.listContainers({});
    const returns = records().filter(({ kind }) => kind === 'cri-return');
    expect(returns).toMatchObject([
      { parent: 1, response: { containers: [{ id: 'c1', createdAt: '5' }] } },
      { parent: 3, unchangedSince: 2 },
      { parent: 5, unchangedSince: 2 },
      { parent: 7, response: { containers: [{ id: 'c1' }, { id: 'c2' }] } },
      { parent: 9, unchangedSince: 8 },
    ]);
    expect(returns[1]).not.toHaveProperty('response');
  });

  it('is none if it changes the node, whatever its answer', async () => {
    const image = { image: 'busybox' };
    for (let time = 0; time < 2; time++) {
      await cri.image.pullImage({ image });
      await cri.image.removeImage({ image });
      await cri.image.imageFsInfo({});
    }
    const returns = records().filter(({ kind }) => kind === 'cri-return');
    expect(returns.slice(3)).toMatchObject([
      { method: 'PullImage', response: { imageRef: 'sha256:1' } },
      { method: 'RemoveImage', response: {} },
      { method: 'ImageFsInfo', unchangedSince: 6 },
    ]);
  });

  it('is another call with another request', async () => {
    await cri.runtime.listContainers({});
    await cri.runtime.listContainers({ filter: { id: 'c1' } });
    expect(records().at(-1)).toHaveProperty('response');
  });
});

it('times a call also while another is held, without the time that it was held itself', async () => {
  stepper.setBreakpoints(['cri/StartContainer']);
  const held = cri.runtime.startContainer({ containerId: 'c1' });
  await expect.poll(() => stepper.held.length).toBe(1);
  await cri.runtime.stopContainer({ containerId: 'c2' });
  expect(records().at(-1)).toMatchObject({ method: 'StopContainer', milliseconds: 700 });
  stepper.proceed();
  await held;
  expect(records().at(-1)).toMatchObject({ method: 'StartContainer', milliseconds: 0 });
});

it('says which process a call made', async () => {
  await cri.runtime.listContainers({});
  await cri.runtime.startContainer({ containerId: 'c1' });
  expect(records().at(-1)).toMatchObject({
    kind: 'cri-return',
    method: 'StartContainer',
    sandboxId: 's1',
    containerId: 'c1',
    pid: 77,
  });
});

it('holds of a long output but the beginning, and says so', async () => {
  const { stdout } = await cri.runtime.execSync({ containerId: 'c1' });
  expect(stdout).toHaveLength(1 << 20);
  expect(records().at(-1)).toMatchObject({
    shortened: { stdout: 1 << 20 },
    response: { stdout: btoa('\0'.repeat(4096)), exitCode: 3 },
  });
});

describe('a stream', () => {
  it('is told of from its call over each message to its end', async () => {
    const ending = new AbortController();
    const events = cri.runtime.getContainerEvents({}, ending)[Symbol.asyncIterator]();
    await events.next();
    await events.next();
    const third = events.next();
    // The service is asked for it, too, before the caller has had enough.
    await expect.poll(() => waiting).toBe(true);
    ending.abort();
    await expect(third).rejects.toThrow('aborted');
    await expect.poll(() => streams).toBe(0);
    const stream = { service: 'runtime.v1.RuntimeService', method: 'GetContainerEvents' };
    expect(records()).toEqual([
      { kind: 'cri-call', ...stream, request: {} },
      { kind: 'cri-message', ...stream, parent: 1, response: { containerId: 'c1' } },
      { kind: 'cri-message', ...stream, parent: 1, response: { containerId: 'c2' } },
      {
        kind: 'cri-return',
        ...stream,
        parent: 1,
        milliseconds: 0,
        error: { code: '1', message: 'This operation was aborted' },
      },
    ]);
  });

  it('can be held, and begins when it is let go', async () => {
    stepper.setBreakpoints(['cri/GetContainerEvents']);
    const events = cri.runtime.getContainerEvents({})[Symbol.asyncIterator]();
    const first = events.next();
    await expect
      .poll(() => stepper.held.map(({ point }) => point))
      .toEqual(['cri/GetContainerEvents']);
    expect(streams).toBe(0);
    stepper.proceed();
    expect((await first).value).toMatchObject({ containerId: 'c1' });
    await events.return?.();
  });

  it('that is given up while it is held never begins', async () => {
    stepper.setBreakpoints(['cri/GetContainerEvents']);
    const ending = new AbortController();
    const first = cri.runtime.getContainerEvents({}, ending)[Symbol.asyncIterator]().next();
    await expect.poll(() => stepper.held.length).toBe(1);
    ending.abort();
    await expect(first).rejects.toThrow('aborted');
    expect(stepper.held).toEqual([]);
    expect(streams).toBe(0);
    expect(records().at(-1)).toMatchObject({ kind: 'cri-return', error: {} });
  });
});
