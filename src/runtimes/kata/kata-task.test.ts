import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { SteppableClock } from '#base/steppable-clock.ts';
import { TraceBus } from '#base/trace.ts';
import { signals } from '#abi/signals.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { ShimConnection } from '#runtimes/shim-connection.ts';
import { ContainerPaths, SandboxPaths } from './kata-paths.ts';
import type { KataSandbox } from './kata-sandbox.ts';
import { KataTask } from './kata-task.ts';

const never = () => new Promise<never>(() => undefined);

/** A container whose machine answers the agent's calls as the test says, and that never ends. */
function task(call: () => Promise<unknown>) {
  const clock = new ManualClock();
  const deadlines = new SteppableClock(clock);
  const told: string[] = [];
  const shutDown = () => {
    told.push('shut down');
    return Promise.resolve();
  };
  const control = {
    exited: new Promise(() => undefined),
    kill: () => Promise.resolve(),
    delete: never,
    close: () => told.push('left'),
  } as unknown as ShimConnection;
  const made = new KataTask({
    agent: {
      files: { remove: (path: string) => Promise.resolve(void told.push(`remove ${path}`)) },
      run: ({ argv }: { argv: readonly string[] }) => {
        told.push(argv.slice(1).join(' '));
        const nothing = new Uint8Array();
        return Promise.resolve({ exit: { code: 0 }, stdout: nothing, stderr: nothing });
      },
    } as unknown as AgentClient,
    clock,
    deadlines,
    trace: new TraceBus(clock),
    paths: new ContainerPaths('c1', new SandboxPaths('s1')),
    sandbox: { shim: { call, shutDown } } as unknown as KataSandbox,
    control,
    links: {},
    onDelete: () => Promise.resolve(void told.push('deleted')),
  });
  return { task: made, clock, deadlines, told };
}

it('keeps nobody waiting for the use of one whose machine does not answer', async () => {
  const { task: hung, clock } = task(never);
  const stats = hung.stats();
  clock.advance(5_000);
  expect(await stats).toBeUndefined();
});

it.each(['unavailable', 'cancelled', 'invalid-argument'] as const)(
  'uses nothing where it is gone, its shim left or its machine knows nothing of it (%s)',
  async (code) => {
    const { task: gone } = task(() => Promise.reject(new SandglassError(code, 'no')));
    expect(await gone.stats()).toBeUndefined();
  },
);

it('says of its use what went wrong', async () => {
  const { task: broken } = task(() => Promise.reject(new SandglassError('internal', 'EIO')));
  await expect(broken.stats()).rejects.toMatchObject({ message: 'EIO' });
});

it('ends the machine of one that SIGKILL does not, but not while the reader holds the call', async () => {
  const { task: stuck, clock, deadlines, told } = task(never);
  deadlines.stop();
  await stuck.kill(signals.SIGKILL, { all: true });
  clock.advance(60_000);
  expect(told).toEqual([]);
  deadlines.start();
  clock.advance(9_999);
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual(['shut down']);
});

it('is deleted with all that the node has of it, although its machine does not answer', async () => {
  const { task: hung, clock, told } = task(never);
  const deleted = hung.delete();
  clock.advance(10_000);
  await deleted;
  expect(told).toEqual([
    'left',
    'unmount /run/kata-containers/shared/sandboxes/s1/shared/c1',
    'remove /run/sandglass/tasks/c1',
    'deleted',
  ]);
});
