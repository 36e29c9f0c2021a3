import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { TraceBus } from '#base/trace.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { ProcessSpec } from '#oci/runtime-spec.ts';
import { execInContainer } from './exec.ts';
import { RuncPaths } from './runc-paths.ts';

const pid = 4321;
/** Of the runtime that makes it. */
const callerPid = 4320;

/** A runtime that has its process made when `make` is called, and ends when it or the process is killed. */
async function startExec() {
  const clock = new ManualClock();
  const exit = new Deferred<{ code: number }>();
  const files = new Map<string, string>();
  const killed: string[] = [];
  const end = (who: string) => {
    killed.push(who);
    exit.resolve({ code: 137 });
  };
  const agent = {
    files: {
      write: (path: string) => Promise.resolve(void files.set(path, '')),
      remove: (path: string) => Promise.resolve(void files.delete(path)),
      readText: (path: string) => {
        const text = files.get(path);
        return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
      },
    },
    system: {
      signal: (number: number) => {
        end(`process ${number}`);
        return Promise.resolve();
      },
    },
    spawn: () =>
      Promise.resolve({
        pid: callerPid,
        stdout: { read: () => Promise.resolve(undefined), cancel: () => undefined },
        stderr: { read: () => Promise.resolve(undefined), cancel: () => undefined },
        lengths: Promise.resolve({ stdout: 0, stderr: 0 }),
        exited: exit.promise,
        kill: () => {
          end('runtime');
        },
      }),
  };
  const paths = new RuncPaths('runc', 'id');
  const trace = new TraceBus(clock);
  const process = await execInContainer(
    { agent: agent as unknown as AgentClient, clock, trace, paths, links: { containerId: 'id' } },
    'exec-1',
    { process: {} as ProcessSpec, stdin: false },
  );
  return {
    clock,
    trace,
    process,
    killed,
    make: () => files.set(`${paths.bundle}/exec-1.pid`, String(pid)),
    fail: () => {
      exit.resolve({ code: 1 });
    },
  };
}

/** Lets a wait of the manual clock come to its next look. */
const wait = async (clock: ManualClock, milliseconds: number) => {
  for (let passed = 0; passed < milliseconds; passed += 20) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(20);
  }
};

it('kills a process that its runtime has not made yet as soon as it is there', async () => {
  const { clock, process, killed, make } = await startExec();
  const kill = process.kill();
  await wait(clock, 100);
  expect(killed).toEqual([]);
  make();
  await wait(clock, 100);
  await kill;
  expect(killed[0]).toBe(`process ${pid}`);
});

it('kills a runtime that makes no process within ten seconds', async () => {
  const { clock, process, killed } = await startExec();
  const kill = process.kill();
  await wait(clock, 10_000);
  await kill;
  expect(killed).toEqual(['runtime']);
});

it('has started once there is a process, or never will be one', async () => {
  const { clock, process, make } = await startExec();
  let started = false;
  const wanted = process.started().then(() => (started = true));
  await wait(clock, 100);
  expect(started).toBe(false);
  make();
  await wait(clock, 100);
  await wanted;

  const failing = await startExec();
  const ended = failing.process.started();
  failing.fail();
  await wait(failing.clock, 100);
  await ended;
});

it('waits for a start no longer than its caller', async () => {
  const { process } = await startExec();
  const caller = new AbortController();
  const started = process.started(caller.signal);
  caller.abort();
  await expect(started).rejects.toMatchObject({ code: 'cancelled' });
});

it('tells the trace which process it was, and that all of it is the container’s', async () => {
  const { trace, process, make, fail } = await startExec();
  expect(trace.processes.of(callerPid)).toEqual({ containerId: 'id' });
  make();
  fail();
  expect(await process.pid).toBe(pid);
  expect(trace.history()).toMatchObject([{ kind: 'oci', exitCode: 1, containerId: 'id', pid }]);

  const never = await startExec();
  never.fail();
  expect(await never.process.pid).toBeUndefined();
  expect(never.trace.history()[0]).not.toHaveProperty('pid');
});
