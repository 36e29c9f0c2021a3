import { type MessageInitShape, create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SteppableClock } from '#base/steppable-clock.ts';
import { Stepper } from '#base/stepper.ts';
import { TraceBus } from '#base/trace.ts';
import { agentMethods } from '#base/trace-records.ts';
import { AgentService, StartContainerRequestSchema } from '#runtimes/kata/agent_pb.ts';
import { encodeTtrpcFrame, frameType } from '#runtimes/kata/ttrpc-frames.ts';
import { RequestSchema, ResponseSchema } from '#runtimes/kata/ttrpc_pb.ts';
import { observeMachines } from './observe-machines.ts';

const pod = { namespace: 'default', name: 'web', uid: 'u1' };

function observed() {
  const clock = new ManualClock();
  const steppable = new SteppableClock(clock);
  const trace = new TraceBus(clock);
  const stepper = new Stepper(steppable);
  const links = new Map([['sid', { sandboxId: 'sid', pod }]]);
  const watcher = observeMachines({ stopwatch: clock, trace, stepper }, links);
  return { clock, trace, stepper, watcher, told: () => trace.history() };
}

function request(stream: number, method: string, containerId = 'abc'): Uint8Array {
  const payload = toBinary(
    StartContainerRequestSchema,
    create(StartContainerRequestSchema, { containerId }),
  );
  const message = toBinary(
    RequestSchema,
    create(RequestSchema, { service: 'grpc.AgentService', method, payload }),
  );
  return encodeTtrpcFrame({ stream, type: frameType.request, message });
}

function response(stream: number, status?: { code: number; message: string }): Uint8Array {
  const init: MessageInitShape<typeof ResponseSchema> = status ? { status } : {};
  const message = toBinary(ResponseSchema, create(ResponseSchema, init));
  return encodeTtrpcFrame({ stream, type: frameType.response, message });
}

describe('the calls of a machine’s agent', () => {
  it('are told of with their request, their end and how long they took', async () => {
    const { watcher, clock, told } = observed();
    const tap = watcher.vsock('sid', 1024);
    await tap?.toGuest(request(1, 'StartContainer'));
    clock.advance(7);
    tap?.fromGuest(response(1));
    const [call, end] = told();
    expect(call).toMatchObject({
      kind: 'agent-call',
      method: 'StartContainer',
      request: { containerId: 'abc' },
      pod,
    });
    expect(end).toMatchObject({ kind: 'agent-return', milliseconds: 7, parent: call?.id });
  });

  it('come in pieces, and with others in one', async () => {
    const { watcher, told } = observed();
    const tap = watcher.vsock('sid', 1024);
    const bytes = Buffer.concat([request(1, 'StartContainer', 'a'), request(3, 'PauseContainer')]);
    await tap?.toGuest(bytes.subarray(0, 20));
    await tap?.toGuest(bytes.subarray(20));
    expect(told().map((record) => 'method' in record && record.method)).toEqual([
      'StartContainer',
      'PauseContainer',
    ]);
  });

  it('tell what failed', async () => {
    const { watcher, told } = observed();
    const tap = watcher.vsock('sid', 1024);
    await tap?.toGuest(request(1, 'StartContainer'));
    tap?.fromGuest(response(1, { code: 5, message: 'no such container' }));
    expect(told()[1]).toMatchObject({
      error: { code: 'not-found', message: 'no such container' },
    });
  });

  it('are held on their way, but for those that wait all the time', async () => {
    const { watcher, stepper, told } = observed();
    const tap = watcher.vsock('sid', 1024);
    stepper.setBreakpoints(['agent/*']);
    await tap?.toGuest(request(1, 'WaitProcess'));
    const passing = tap?.toGuest(request(3, 'StartContainer'));
    expect(stepper.held).toMatchObject([
      { point: 'agent/StartContainer', details: { containerId: 'abc' } },
    ]);
    expect(told()).toEqual([]);
    stepper.proceed();
    await passing;
    expect(told()).toMatchObject([{ kind: 'agent-call', method: 'StartContainer' }]);
  });

  it('are held no longer than there is a machine to make them of', async () => {
    const { watcher, stepper, told } = observed();
    const tap = watcher.vsock('sid', 1024);
    stepper.setBreakpoints(['agent/*']);
    const machine = new AbortController();
    const passing = tap?.toGuest(request(1, 'StartContainer'), machine.signal);
    expect(stepper.held).toHaveLength(1);
    machine.abort();
    await expect(passing).rejects.toMatchObject({ code: 'cancelled' });
    expect(stepper.held).toEqual([]);
    expect(told()).toEqual([]);
  });

  it('are those that a reader can choose to hold', async () => {
    const { watcher, stepper } = observed();
    stepper.setBreakpoints(['agent/*']);
    for (const [index, { name }] of AgentService.methods.entries())
      void watcher.vsock(`s${index}`, 1024)?.toGuest(request(1, name, ''));
    await Promise.resolve();
    expect(stepper.held.map(({ point }) => point)).toEqual(
      agentMethods.map((method) => `agent/${method}`),
    );
  });
});

describe('what else goes between a machine and the node', () => {
  const walk = Uint8Array.of(9, 0, 0, 0, 110, 1, 0, 0, 0);
  const refusal = Uint8Array.of(11, 0, 0, 0, 7, 1, 0, 2, 0, 0, 0);

  it('is told of in sums, each second in which there was any', () => {
    const { watcher, clock, told } = observed();
    watcher.ninep('sid', walk);
    watcher.ninep('sid', refusal);
    watcher.frame('sid', 'guest', new Uint8Array(60));
    clock.advance(1_000);
    clock.advance(5_000);
    expect(told()).toMatchObject([
      {
        kind: 'vm-traffic',
        ninep: { requests: 1, bytes: 20 },
        frames: { fromGuest: 1, fromNode: 0, bytes: 60 },
        pod,
      },
    ]);
  });

  it('is told of one by one while somebody looks', () => {
    const { watcher, clock, trace, told } = observed();
    trace.details = new Set(['ninep', 'frame']);
    watcher.ninep('sid', walk);
    clock.advance(3);
    watcher.ninep('sid', refusal);
    const frame = new Uint8Array(60);
    frame.set([0x08, 0x00, 0x45], 12);
    frame[23] = 6;
    frame.set([0x1f, 0x90, 0x00, 0x50], 34);
    watcher.frame('sid', 'node', frame);
    expect(told()).toMatchObject([
      { kind: 'ninep', name: 'Twalk', refused: 'ENOENT', milliseconds: 3 },
      { kind: 'frame', from: 'node', protocol: 'TCP 8080→80', length: 60 },
    ]);
  });

  it('is told of one by one no more than the trace has room for, and the rest counted', () => {
    const { watcher, clock, trace, told } = observed();
    trace.details = new Set(['frame']);
    for (let i = 0; i < 230; i++) watcher.frame('sid', 'guest', new Uint8Array(60));
    clock.advance(1_000);
    const frames = told().filter(({ kind }) => kind === 'frame');
    expect(frames).toHaveLength(200);
    expect(told().at(-1)).toMatchObject({
      kind: 'lost',
      what: 'frames',
      detail: 'frame',
      count: 30,
      pod,
    });
    watcher.frame('sid', 'guest', new Uint8Array(60));
    expect(told().at(-1)).toMatchObject({ kind: 'frame' });
  });

  it('is summed up at the machine’s end', () => {
    const { watcher, told } = observed();
    watcher.ninep('sid', walk);
    watcher.ended('sid');
    expect(told()).toHaveLength(1);
  });
});
