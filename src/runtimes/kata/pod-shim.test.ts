import { readFile } from 'node:fs/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { FrameReader, encodeFrame, numbers } from '#runtimes/shim-frames.ts';
import {
  AgentService,
  StartContainerRequestSchema,
  WaitProcessResponseSchema,
} from './agent_pb.ts';
import { PodShim, podShimFrame } from './pod-shim.ts';

const { method } = AgentService;

/** A client of a shim, whose side of the connection the test has. */
async function connected() {
  const fromShim = new ByteQueue({ capacity: 1 << 20 });
  const toShim = new ByteQueue({ capacity: 1 << 20 });
  const connection = { incoming: fromShim, outgoing: toShim, close: () => undefined };
  const agent = { connect: () => Promise.resolve(connection) } as unknown as AgentClient;
  const shim = await PodShim.open(agent, '/shim.sock');
  const frames = new FrameReader(toShim);
  const next = async () => {
    const frame = await frames.next();
    if (!frame) throw new Error('the client has left');
    const id = new DataView(frame.payload.buffer, frame.payload.byteOffset).getUint32(0, true);
    return { type: frame.type, id, payload: frame.payload.subarray(4) };
  };
  const watch = await next();
  return {
    shim,
    next,
    watch,
    answer: (id: number, code: number, bytes: Uint8Array) =>
      fromShim.write(encodeFrame('R', Buffer.concat([numbers(id, code), bytes]))),
    leave: () => {
      fromShim.end();
    },
  };
}

const text = (words: string) => new TextEncoder().encode(words);

describe('PodShim', () => {
  it('hands a call to the agent by its name, and gives its answer', async () => {
    const { shim, next, answer } = await connected();
    const made = shim.call(method.startContainer, { containerId: 'abc' });
    const { type, id, payload } = await next();
    expect(type).toBe('C');
    const length = payload[0] ?? 0;
    expect(new TextDecoder().decode(payload.subarray(1, 1 + length))).toBe('StartContainer');
    expect(fromBinary(StartContainerRequestSchema, payload.subarray(1 + length))).toMatchObject({
      containerId: 'abc',
    });
    await answer(id, 0, new Uint8Array(0));
    await made;
  });

  it('keeps answers that come in another order apart', async () => {
    const { shim, next, answer } = await connected();
    const request = { containerId: 'abc', execId: '' };
    const first = shim.call(method.waitProcess, request);
    const second = shim.call(method.waitProcess, request);
    const ids = [(await next()).id, (await next()).id];
    const status = (code: number) =>
      toBinary(WaitProcessResponseSchema, create(WaitProcessResponseSchema, { status: code }));
    await answer(ids[1] ?? 0, 0, status(2));
    await answer(ids[0] ?? 0, 0, status(1));
    expect([(await first).status, (await second).status]).toEqual([1, 2]);
  });

  it('rejects with the agent’s code and words', async () => {
    const { shim, next, answer } = await connected();
    const made = shim.call(method.startContainer, { containerId: 'abc' });
    await answer((await next()).id, 5, text('no such container'));
    await expect(made).rejects.toMatchObject({ code: 'not-found', message: 'no such container' });
  });

  it('says what the shim shall keep of a process', async () => {
    const { shim, next, answer } = await connected();
    const tracked = shim.track({
      containerId: 'abc',
      execId: 'exec-1',
      directory: '/run/d',
      logPath: '',
      stdin: true,
      terminal: false,
    });
    const { type, id, payload } = await next();
    expect(type).toBe('T');
    // stdin is open; the output waits for who attaches; an exec
    expect(payload[0]).toBe(1 | 4 | 8);
    expect(new TextDecoder().decode(payload.subarray(1))).toBe('abc\0exec-1\0/run/d\0\0');
    await answer(id, 0, new Uint8Array(0));
    await tracked;
  });

  it('tells of the machine’s end', async () => {
    const { shim, watch, answer } = await connected();
    expect(watch.type).toBe('W');
    await answer(watch.id, 0, text('killed by SIGKILL'));
    expect((await shim.machineEnded).message).toContain('killed by SIGKILL');
  });

  it('ends every wait with a shim that is killed', async () => {
    const { shim, next, leave } = await connected();
    const made = shim.call(method.startContainer, { containerId: 'abc' });
    await next();
    leave();
    await expect(made).rejects.toMatchObject({ code: 'unavailable' });
    expect((await shim.machineEnded).code).toBe('unavailable');
    await expect(shim.shutDown()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('waits for an answer no longer than its caller, and says so', async () => {
    const { shim, next, answer } = await connected();
    const caller = new AbortController();
    const request = { containerId: 'abc' };
    const made = shim.call(method.startContainer, request, caller.signal);
    const { id } = await next();
    caller.abort();
    await expect(made).rejects.toMatchObject({ code: 'cancelled' });
    expect(await next()).toMatchObject({ type: 'D', id });
    await answer(id, 1, text('the caller has given up'));
    await expect(shim.call(method.startContainer, request, caller.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
    const other = shim.call(method.startContainer, request);
    const { type, id: otherId } = await next();
    expect(type).toBe('C');
    await answer(otherId, 0, new Uint8Array(0));
    await other;
  });

  it('speaks in the frames that the shim has', async () => {
    const header = await readFile('images/guest/kata-shim/control.h', 'utf8');
    const types = [...header.matchAll(/^#define CONTROL_(\w+) '(\w)'/gm)].map(
      ([, name = '', type = '']) => [name, type] as const,
    );
    const ours = Object.entries(podShimFrame).map(([name, type]) => {
      return [name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(), type] as const;
    });
    expect(ours.toSorted()).toEqual(types.toSorted());
  });
});
