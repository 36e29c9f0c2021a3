import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, testPod, type TestApi } from '#apiserver/testing/test-api.ts';
import { NodeLifecycle } from '#controllers/node-lifecycle.ts';
import { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { Scheduler } from '#scheduler/scheduler.ts';

let test: TestApi;
let stop: AbortController;
let running: Promise<unknown>;
let errors: unknown[];
/** Answers the first so many of the controller's patches of nodes with this code. */
let refusals: { code: number; times: number };

beforeEach(async () => {
  test = startTestApi();
  stop = new AbortController();
  errors = [];
  refusals = { code: 0, times: 0 };
  const { clock, trace } = test;
  const onError = (error: unknown) => errors.push(error);
  const fetch = (request: Request) => {
    const isRefused = request.method === 'PATCH' && request.url.includes('/nodes/');
    if (!isRefused || refusals.times-- <= 0) return test.api.fetch(request);
    const { code } = refusals;
    const reason = code === 409 ? 'Conflict' : 'InternalError';
    const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason };
    return Promise.resolve(Response.json(status, { status: code }));
  };
  const clientOf = (userAgent: string) => new KubeClient({ fetch, userAgent });
  const api = clientOf('kube-controller-manager');
  const scheduler = clientOf('kube-scheduler');
  running = Promise.all([
    new NodeLifecycle({ api, clock, onError }).run(stop.signal),
    new Scheduler({ api: scheduler, clock, trace, onError }).run(stop.signal),
  ]);
  await test.client.create(resources.nodes, {
    metadata: { name: 'n' },
    status: {
      allocatable: { cpu: '1', memory: '256Mi', pods: '10' },
      conditions: [{ type: 'Ready', status: 'False' }],
    },
  });
});

afterEach(async () => {
  stop.abort();
  await running;
});

/** What holds once all that is under way has been done; the clock stands meanwhile. */
async function eventually<T>(check: () => Promise<T>): Promise<T> {
  for (let turn = 0; turn < 500; turn++) {
    try {
      return await check();
    } catch {
      await setImmediate();
    }
  }
  return check();
}

async function setReady(status: 'True' | 'False' | 'Unknown'): Promise<void> {
  const patch = { status: { conditions: [{ type: 'Ready', status }] } };
  await test.client.patch(resources.nodes, { name: 'n' }, patch, {
    type: 'strategic',
    subresource: 'status',
  });
}

async function hasTaints(...expected: string[]): Promise<void> {
  await eventually(async () => {
    const { spec } = await test.client.get(resources.nodes, { name: 'n' });
    expect((spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`)).toEqual(expected);
  });
}

const addPod = (name: string) => test.client.create(resources.pods, testPod(name));
const podOf = (name: string) => test.client.get(resources.pods, { namespace: 'default', name });

function bound(name: string): Promise<void> {
  return eventually(async () => {
    expect((await podOf(name)).spec?.nodeName).toBe('n');
  });
}

function waits(name: string): Promise<void> {
  return eventually(async () => {
    const { spec, status } = await podOf(name);
    expect(spec?.nodeName).toBeUndefined();
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({ reason: 'Unschedulable', message: refusal }),
    );
  });
}

const notReady = 'node.kubernetes.io/not-ready:NoSchedule';
const refusal =
  '0/1 nodes are available: 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';

describe('a node', () => {
  it('takes no pod before it is ready, and takes who has waited when it is', async () => {
    await hasTaints(notReady);
    await addPod('early');
    await waits('early');
    await setReady('True');
    await hasTaints();
    test.clock.advance(1_000);
    await bound('early');
    expect(errors).toEqual([]);
  });

  it('that is ready no more keeps its pods and takes no other', async () => {
    await setReady('True');
    await hasTaints();
    await addPod('first');
    await bound('first');
    await setReady('False');
    // With no node ready upstream evicts from none: there is no NoExecute taint.
    await hasTaints(notReady);
    await addPod('second');
    await waits('second');
    await setReady('Unknown');
    await hasTaints('node.kubernetes.io/unreachable:NoSchedule');
    expect((await podOf('first')).metadata?.deletionTimestamp).toBeUndefined();
  });

  it('is told of when it comes and goes', async () => {
    const told = async () =>
      (await test.client.list(resources.events, { namespace: 'default' })).items
        .filter(({ source }) => source?.component === 'node-controller')
        .map(({ reason, message }) => `${reason}: ${message}`);
    const came = 'RegisteredNode: Node n event: Registered Node n in Controller';
    await eventually(async () => {
      expect(await told()).toEqual([came]);
    });
    await test.client.delete(resources.nodes, { name: 'n' });
    const went = 'RemovingNode: Node n event: Removing Node n from Controller';
    await eventually(async () => {
      expect(await told()).toEqual([came, went]);
    });
  });
});

describe('a write of the taints', () => {
  it('that somebody else was faster than is made again, of the node as it is now', async () => {
    refusals = { code: 409, times: 2 };
    await setReady('True');
    await eventually(async () => {
      test.clock.advance(10);
      const { spec } = await test.client.get(resources.nodes, { name: 'n' });
      expect(spec?.taints).toBeUndefined();
    });
    expect(errors).toEqual([]);
  });

  it('that fails is told of and made again after a second', async () => {
    refusals = { code: 500, times: 1 };
    await setReady('True');
    await eventually(async () => {
      await setImmediate();
      expect(errors).toHaveLength(1);
    });
    await hasTaints(notReady);
    test.clock.advance(1_000);
    await hasTaints();
  });
});
