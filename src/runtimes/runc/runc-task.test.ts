import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { TraceBus } from '#base/trace.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { ShimConnection } from '#runtimes/shim-connection.ts';
import { RuncPaths } from './runc-paths.ts';
import { RuncTask } from './runc-task.ts';

/** Of a node that has these files. */
function taskOn(files: Map<string, string>) {
  const readText = (path: string) => {
    const text = files.get(path);
    const error = new SandglassError('not-found', `No ${path}`, { errno: 'ENOENT' });
    return text === undefined ? Promise.reject(error) : Promise.resolve(text);
  };
  const clock = new ManualClock();
  return new RuncTask({
    agent: { files: { readText } } as unknown as AgentClient,
    clock,
    trace: new TraceBus(clock),
    paths: new RuncPaths('runc', 'id'),
    shim: ShimConnection.gone(),
    pid: 1,
    links: { containerId: 'id' },
  });
}

it('uses nothing once it is removed, and then what its cgroup says if it is asked in time', async () => {
  const { configFile } = new RuncPaths('runc', 'id');
  const files = new Map<string, string>();
  const task = taskOn(files);
  expect(await task.stats()).toBeUndefined();
  files.set(configFile, JSON.stringify({ linux: { cgroupsPath: '/pod/id' } }));
  for (const name of ['cpu.stat', 'memory.stat', 'memory.events'])
    files.set(`/sys/fs/cgroup/pod/id/${name}`, '');
  for (const name of ['memory.current', 'memory.max', 'memory.peak', 'pids.current', 'pids.max'])
    files.set(`/sys/fs/cgroup/pod/id/${name}`, '7');
  expect((await task.stats())?.pids.current).toBe(7n);
});
