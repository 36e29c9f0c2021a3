import { expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { signals } from '#abi/signals.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { FrameReader, encodeFrame, frame, numbers } from '#runtimes/shim-frames.ts';
import { execInMachine } from './kata-exec.ts';
import { ContainerPaths, SandboxPaths } from './kata-paths.ts';
import type { PodShim } from './pod-shim.ts';

/** A pod's shim whose process begins when `begin` is called, and ends by a signal unless it is stuck. */
function shim({ track = () => Promise.resolve(), isStuck = false } = {}) {
  const made = new Deferred<object>();
  const asked: string[] = [];
  const signalled: number[] = [];
  const open = new Set<object>();

  /** Its control socket. */
  const connect = () => {
    const incoming = new ByteQueue({ capacity: 1 << 16 });
    const outgoing = new ByteQueue({ capacity: 1 << 16 });
    open.add(incoming);
    const serve = async () => {
      const frames = new FrameReader(outgoing);
      for (let next = await frames.next(); next; next = await frames.next()) {
        if (next.type === frame.attach) continue;
        incoming.push(encodeFrame(frame.acknowledgement, numbers(0)));
        if (next.type !== frame.kill) continue;
        signalled.push(next.payload[0] ?? 0);
        if (isStuck) continue;
        const record = '{"code":137,"signal":9,"exitedAt":"1","oomKills":0}';
        incoming.push(encodeFrame(frame.exit, new TextEncoder().encode(record)));
      }
    };
    void serve();
    return Promise.resolve({ incoming, outgoing, close: () => open.delete(incoming) });
  };
  const pod = {
    call: ({ name }: { name: string }) => {
      asked.push(name);
      return name === 'ExecProcess' ? made.promise : Promise.resolve({});
    },
    track,
  };
  const clock = new ManualClock();
  const parts = {
    agent: { connect } as unknown as AgentClient,
    deadlines: clock,
    shim: pod as unknown as PodShim,
    paths: new ContainerPaths('c1', new SandboxPaths('s1')),
  };
  const process = {
    user: { uid: 0, gid: 0 },
    args: ['sleep'],
    env: [],
    cwd: '/',
    noNewPrivileges: false,
    capabilities: { bounding: [], effective: [], permitted: [] },
  };
  return {
    begin: () => {
      made.resolve({});
    },
    exec: (signal?: AbortSignal) =>
      execInMachine(parts, 'exec-0', { process, stdin: false }, signal),
    asked,
    signalled,
    open,
    clock,
  };
}

it('ends a process whose caller has given up before it had begun', async () => {
  const { exec, begin, signalled, open } = shim();
  const caller = new AbortController();
  const given = exec(caller.signal);
  caller.abort();
  await expect(given).rejects.toMatchObject({ code: 'cancelled' });
  begin();
  await expect.poll(() => signalled).toEqual([signals.SIGKILL]);
  await expect.poll(() => open.size).toBe(0);
});

it('leaves no process whose streams nobody keeps', async () => {
  const failure = new SandglassError('resource-exhausted', 'no space left on device');
  const { exec, begin, asked, open } = shim({ track: () => Promise.reject(failure) });
  const failed = exec();
  begin();
  await expect(failed).rejects.toBe(failure);
  expect(asked).toEqual(['ExecProcess', 'SignalProcess']);
  expect(open.size).toBe(0);
});

it('lets go of a process that cannot be killed, after ten seconds', async () => {
  const { exec, begin, signalled, open, clock } = shim({ isStuck: true });
  begin();
  const process = await exec();
  const killed = process.kill();
  await expect.poll(() => signalled).toEqual([signals.SIGKILL]);
  expect(open.size).toBe(2);
  clock.advance(10_000);
  await killed;
  expect(open.size).toBe(0);
});
