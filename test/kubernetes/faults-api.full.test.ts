import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { resources } from '#kube/resources.ts';
import type { Inventory } from './inventory.ts';
import { isWatch } from './kubelet-requests.ts';
import { containerStatusOf, isReady } from './pods.ts';
import { TestCluster } from './test-cluster.ts';
import { until } from './until.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

let cluster: TestCluster;
let clean: Inventory;
const name = 'victim';

beforeAll(async () => {
  cluster = await TestCluster.start();
  clean = await cluster.afterFirstPod();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  cluster.kubeletRequests.answer = () => undefined;
  if (await cluster.pod(name)) await cluster.deletePod(name);
  await cluster.nothingLeft(clean);
});

const refusal = (code: number, reason: string) =>
  Response.json(
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: 'not now' },
    { status: code },
  );
const isWrite = ({ method }: Request) => method !== 'GET';

/** Never answers; what asked gives up. */
const silence = ({ signal }: Request) =>
  new Promise<Response>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('an API server that refuses the kubelet', () => {
  it.each([
    ['with 500', () => Promise.resolve(refusal(500, 'InternalError'))],
    ['with 429', () => Promise.resolve(refusal(429, 'TooManyRequests'))],
    ['by not being there', () => Promise.reject(new TypeError('fetch failed'))],
  ])(
    'every write %s: the pod runs, and is known to when writes are taken again',
    async (_how, no) => {
      // The scheduler sends nothing to a node that could not say that it is.
      await cluster.nodeIsReady();
      cluster.kubeletRequests.answer = (request) => (isWrite(request) ? no() : undefined);
      const started = cluster.answersOf('StartContainer').length;
      await cluster.createPod(name);
      await until(
        'the container to run',
        () => cluster.answersOf('StartContainer').length > started,
      );
      expect((await cluster.pod(name))?.status?.phase).toBe('Pending');
      cluster.kubeletRequests.answer = () => undefined;
      cluster.skip(11_000);
      await cluster.ready(name);
    },
  );

  it('the writes of a deletion: it is deleted when writes are taken again', async () => {
    await cluster.createPod(name);
    await cluster.ready(name);
    cluster.kubeletRequests.answer = (request) =>
      isWrite(request) ? Promise.resolve(refusal(500, 'InternalError')) : undefined;
    const stopped = cluster.answersOf('StopPodSandbox').length;
    const gone = cluster.deletePod(name);
    await until(
      'the sandbox to be stopped',
      () => cluster.answersOf('StopPodSandbox').length > stopped,
    );
    expect(await cluster.pod(name)).toBeDefined();
    cluster.kubeletRequests.answer = () => undefined;
    cluster.skip(11_000);
    await gone;
  });

  it('the lease: it is renewed when that is taken again', async () => {
    const lease = () =>
      cluster.client.get(resources.leases, { namespace: 'kube-node-lease', name: 'node-1' });
    const before = (await lease()).spec?.renewTime;
    cluster.kubeletRequests.answer = (request) =>
      isWrite(request) ? Promise.resolve(refusal(500, 'InternalError')) : undefined;
    cluster.skip(45_000);
    cluster.kubeletRequests.answer = () => undefined;
    cluster.skip(11_000);
    await until('a renewal', async () => (await lease()).spec?.renewTime !== before);
  });
});

describe('an API server that does not answer a write', () => {
  it('the pod is reported when it answers again', async () => {
    let asked = 0;
    cluster.kubeletRequests.answer = (request) => {
      if (!isWrite(request) || asked > 0) return undefined;
      asked++;
      return silence(request);
    };
    await cluster.createPod(name);
    await until('a write', () => asked > 0);
    for (let i = 0; i < 8; i++) cluster.skip(11_000);
    await cluster.ready(name);
  });
});

describe("the kubelet's watch", () => {
  it('is cut in the middle: pods that came meanwhile run', async () => {
    cluster.kubeletRequests.answer = (request) =>
      isWatch(request) ? Promise.resolve(refusal(503, 'ServiceUnavailable')) : undefined;
    cluster.kubeletRequests.cutWatches();
    await cluster.createPod(name);
    cluster.kubeletRequests.answer = () => undefined;
    cluster.skip(60_000);
    await cluster.ready(name);
  });

  it('is too old when it comes back (410 Gone): what came and went meanwhile is known', async () => {
    await cluster.createPod(name);
    await cluster.ready(name);
    cluster.kubeletRequests.answer = (request) =>
      isWatch(request) ? Promise.resolve(refusal(503, 'ServiceUnavailable')) : undefined;
    cluster.kubeletRequests.cutWatches();
    await cluster.client.delete(
      resources.pods,
      { namespace: 'default', name },
      { gracePeriodSeconds: 0 },
    );
    await cluster.createPod(name);
    cluster.kubernetes.api.compact();
    cluster.kubeletRequests.answer = () => undefined;
    cluster.skip(60_000);
    const pod = await cluster.podWhen(name, 'ready', isReady);
    expect(containerStatusOf(pod, 'main')?.restartCount).toBe(0);
  });

  it('ends again and again: the kubelet keeps asking', async () => {
    let watches = 0;
    cluster.kubeletRequests.answer = (request) => {
      if (!isWatch(request) || watches++ > 3) return undefined;
      return Promise.resolve(new Response(null, { status: 200 }));
    };
    cluster.kubeletRequests.cutWatches();
    await cluster.createPod(name);
    await until('four watches', () => {
      cluster.skip(60_000);
      return watches > 3;
    });
    await cluster.ready(name);
  });
});
