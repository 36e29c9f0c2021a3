import { beforeEach, describe, expect, it } from 'vitest';
import { ByteQueue } from '#base/byte-queue.ts';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { ContainerPaths, SandboxPaths } from './kata-paths.ts';
import { KataRuntime } from './kata-runtime.ts';

const paths = new SandboxPaths('s1');
const container = new ContainerPaths('c1', paths);
const cgroup = '/sys/fs/cgroup/kubepods/pod1/s1';

describe('what is left of a sandbox', () => {
  let files: Map<string, string>;
  let clock: ManualClock;
  let runtime: KataRuntime;
  let machineLinks: Map<string, TraceLinks>;
  /** What the shim is sent; it answers nothing. */
  let toShim: ByteQueue;
  let connections: number;
  let written: string[];

  beforeEach(() => {
    clock = new ManualClock();
    toShim = new ByteQueue({ capacity: 1 << 16 });
    connections = 0;
    written = [];
    files = new Map([
      [paths.cgroupFile, cgroup],
      [paths.shimSocket, ''],
      [paths.stateFile, JSON.stringify({ shim: 7, vmm: 8, network: {} })],
      [`${cgroup}/cgroup.procs`, ''],
    ]);
    const below = (path: string) =>
      [...files.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
    const absent = (path: string) =>
      new SandglassError('not-found', `No ${path}`, { errno: 'ENOENT' });
    const agent = {
      files: {
        exists: (path: string) => Promise.resolve(below(path).length > 0),
        readText: (path: string) => {
          const text = files.get(path);
          return text === undefined ? Promise.reject(absent(path)) : Promise.resolve(text);
        },
        write: (path: string, text: string) => {
          written.push(`${text} > ${path}`);
          files.set(path, text);
          return Promise.resolve();
        },
        remove: (path: string) => {
          for (const each of below(path)) files.delete(each);
          return Promise.resolve();
        },
      },
      run: () =>
        Promise.resolve({ exit: { code: 0 }, stdout: new Uint8Array(), stderr: new Uint8Array() }),
      connect: ({ unix }: { unix: string }) => {
        if (!files.has(unix)) return Promise.reject(absent(unix));
        connections++;
        const close = () => connections--;
        return Promise.resolve({
          incoming: new ByteQueue({ capacity: 1 }),
          outgoing: toShim,
          close,
        });
      },
    } as unknown as AgentClient;
    const calls = { agent, clock, deadlines: clock, trace: new TraceBus(clock) };
    machineLinks = new Map([['s1', { sandboxId: 's1' }]]);
    runtime = new KataRuntime('kata-fc', calls, machineLinks);
  });

  it('is removed although its shim does not answer, and what runs of it is killed by its cgroup', async () => {
    const cleaned = runtime.cleanUp('s1', {});
    // That it is to shut down has been sent.
    await expect.poll(() => toShim.queued).toBeGreaterThan(16);
    // As long as it is there it is somebody's.
    expect(machineLinks.size).toBe(1);
    clock.advance(10_000);
    await cleaned;
    expect(machineLinks.size).toBe(0);
    expect(written[0]).toBe(`1 > ${cgroup}/cgroup.kill`);
    expect([...files.keys()]).toEqual([]);
    expect(connections).toBe(0);
  });

  it('is removed where a start was cut off before there was anything of it', async () => {
    for (const path of [paths.shimSocket, paths.stateFile]) files.delete(path);
    await runtime.cleanUp('s1', {});
    expect([...files.keys()]).toEqual([]);
  });

  it('of a container whose machine does not answer, is removed without it', async () => {
    files.set(container.sandboxFile, 's1');
    const cleaned = runtime.cleanUp('c1', {});
    await expect.poll(() => toShim.queued).toBeGreaterThan(16);
    clock.advance(10_000);
    await cleaned;
    expect(files.has(container.sandboxFile)).toBe(false);
    expect(files.has(paths.stateFile)).toBe(true);
  });
});
