import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, testPod, type TestApi } from '#apiserver/testing/test-api.ts';
import { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { Pod, PodSpec } from '#kube/types.ts';
import { Scheduler } from '#scheduler/scheduler.ts';

let test: TestApi;
let stop: AbortController;
let running: Promise<void>;
let errors: unknown[];

beforeEach(() => {
  test = startTestApi();
  stop = new AbortController();
  errors = [];
  const api = new KubeClient({ fetch: test.api.fetch, userAgent: 'kube-scheduler' });
  const { clock, trace } = test;
  const scheduler = new Scheduler({ api, clock, trace, onError: (error) => errors.push(error) });
  running = scheduler.run(stop.signal);
});

afterEach(async () => {
  stop.abort();
  await running;
  expect(errors).toEqual([]);
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

/** A node that is ready: the taint of a new one, which the node lifecycle controller would take away, is off it. */
async function addNode(name: string, cpu = '1', pods = '10'): Promise<void> {
  await test.client.create(resources.nodes, {
    metadata: { name },
    status: {
      allocatable: { cpu, memory: '256Mi', pods },
      capacity: { cpu, memory: '256Mi', pods },
    },
  });
  await test.client.patch(resources.nodes, { name }, { spec: { taints: null } }, { type: 'merge' });
}
const addPod = (name: string, spec: Partial<PodSpec> = {}) =>
  test.client.create(resources.pods, testPod(name, spec));
const getPod = (name: string) => test.client.get(resources.pods, { namespace: 'default', name });
const events = async () =>
  (await test.client.list(resources.events, { namespace: 'default' })).items;

function asking(cpu: string): Partial<PodSpec> {
  return { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] };
}

async function bound(name: string, node: string): Promise<Pod> {
  return eventually(async () => {
    const pod = await getPod(name);
    expect(pod.spec?.nodeName).toBe(node);
    return pod;
  });
}

async function refused(name: string, message: string): Promise<Pod> {
  return eventually(async () => {
    const pod = await getPod(name);
    const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    expect(condition).toMatchObject({ status: 'False', message });
    return pod;
  });
}

const noCpu =
  '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

describe('the scheduler on the API server', () => {
  it('puts a pod on a node, and tells so', async () => {
    await addNode('node-1');
    await addPod('a');
    const pod = await bound('a', 'node-1');
    expect(pod.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    await eventually(async () => {
      expect(await events()).toMatchObject([
        {
          type: 'Normal',
          reason: 'Scheduled',
          message: 'Successfully assigned default/a to node-1',
          reportingComponent: 'default-scheduler',
          involvedObject: { kind: 'Pod', namespace: 'default', name: 'a', uid: pod.metadata?.uid },
        },
      ]);
    });
    expect(test.trace.history().filter(({ kind }) => kind === 'schedule')).toMatchObject([
      { node: 'node-1', pod: { namespace: 'default', name: 'a' } },
    ]);
  });

  it('says why there is no node, and finds one when a node comes', async () => {
    await addPod('a');
    const pod = await refused('a', 'no nodes available to schedule pods');
    expect(pod.status?.conditions).toMatchObject([{ reason: 'Unschedulable' }]);
    await eventually(async () => {
      expect(await events()).toMatchObject([
        {
          type: 'Warning',
          reason: 'FailedScheduling',
          message: 'no nodes available to schedule pods',
        },
      ]);
    });
    await addNode('node-1');
    await eventually(async () => {
      test.clock.advance(1_000);
      expect((await getPod('a')).spec?.nodeName).toBe('node-1');
    });
  });

  it('never fills a node beyond its room, however fast pods come, and goes on when one leaves', async () => {
    await addNode('node-1');
    await Promise.all(Array.from({ length: 6 }, (_, at) => addPod(`p${at}`, asking('300m'))));
    const onNode = async () => {
      const { items } = await test.client.list(resources.pods, { namespace: 'default' });
      return items.filter(({ spec }) => spec?.nodeName === 'node-1');
    };
    await eventually(async () => {
      const { items } = await test.client.list(resources.pods, { namespace: 'default' });
      expect(items.every(({ status }) => (status?.conditions ?? []).length > 0)).toBe(true);
    });
    const first = await onNode();
    expect(first).toHaveLength(3);
    const left = (await test.client.list(resources.pods, { namespace: 'default' })).items.find(
      ({ spec }) => spec?.nodeName === undefined,
    );
    await refused(left?.metadata?.name ?? '', noCpu);

    const name = first[0]?.metadata?.name ?? '';
    await test.client.delete(
      resources.pods,
      { namespace: 'default', name },
      { gracePeriodSeconds: 0 },
    );
    await eventually(async () => {
      test.clock.advance(1_000);
      const now = await onNode();
      expect(now).toHaveLength(3);
    });
  });

  it('counts a pod that ended no more', async () => {
    await addNode('node-1');
    await addPod('a', asking('900m'));
    await bound('a', 'node-1');
    await addPod('b', asking('900m'));
    await refused('b', noCpu);
    await test.client.patch(
      resources.pods,
      { namespace: 'default', name: 'a' },
      { status: { phase: 'Succeeded' } },
      { subresource: 'status' },
    );
    await eventually(async () => {
      test.clock.advance(1_000);
      expect((await getPod('b')).spec?.nodeName).toBe('node-1');
    });
  });

  it('repeats itself as a series, not as new events', async () => {
    await addNode('node-1');
    await addPod('a', asking('1500m'));
    await eventually(async () => expect(await events()).toHaveLength(1));
    await eventually(async () => {
      test.clock.advance(1_000);
      await test.client.patch(
        resources.nodes,
        { name: 'node-1' },
        { metadata: { labels: { at: String(test.clock.now()) } } },
      );
      const [event] = await events();
      expect(event?.series?.count).toBeGreaterThanOrEqual(2);
    });
    expect(await events()).toHaveLength(1);
  });

  it('waits for gates, and leaves alone what is not its own', async () => {
    await addNode('node-1');
    await addPod('gated', { schedulingGates: [{ name: 'example.com/wait' }] });
    await addPod('other', { schedulerName: 'somebody-else' });
    await refused('gated', 'Scheduling is blocked due to non-empty scheduling gates');
    await test.client.patch(
      resources.pods,
      { namespace: 'default', name: 'gated' },
      { spec: { schedulingGates: [] } },
      { type: 'merge' },
    );
    await eventually(async () => {
      test.clock.advance(1_000);
      expect((await getPod('gated')).spec?.nodeName).toBe('node-1');
    });
    const other = await getPod('other');
    expect([other.spec?.nodeName, other.status?.conditions]).toEqual([undefined, undefined]);
  });
});
