import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, createApiServer } from '#apiserver/api-server.ts';
import { ManualClock } from '#base/clock.ts';
import { TraceBus } from '#base/trace.ts';
import { NodeLifecycle } from '#controllers/node-lifecycle.ts';
import { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import { isNotFound } from '#kube/status.ts';
import type { Pod, PodSpec } from '#kube/types.ts';
import { KubeletRig, epoch } from '#kubelet/testing/kubelet-rig.ts';
import { Scheduler } from '#scheduler/scheduler.ts';

/** The kubelet with the real API server, scheduler and node lifecycle controller, on a runtime and a node in memory. */
let server: ApiServer;
let client: KubeClient;
let rig: KubeletRig;
let stop: AbortController;
let others: Promise<unknown>;
let otherErrors: unknown[];

beforeEach(async () => {
  const clock = new ManualClock(epoch);
  const trace = new TraceBus(clock);
  server = createApiServer({ clock, trace, kubelet: () => rig.kubelet.server });
  client = new KubeClient({ fetch: server.fetch, userAgent: 'test' });
  rig = new KubeletRig({ staticPodPath: '/etc/kubernetes/manifests' }, client);
  stop = new AbortController();
  otherErrors = [];
  const options = { api: client, clock, onError: (error: unknown) => otherErrors.push(error) };
  others = Promise.all([
    new Scheduler({ ...options, trace }).run(stop.signal),
    new NodeLifecycle(options).run(stop.signal),
  ]);
  await rig.start();
  // It is ready from the first, and so takes pods.
  const { items } = await client.list(resources.nodes);
  expect(items.map(({ spec }) => spec?.taints)).toEqual([undefined]);
});

afterEach(async () => {
  stop.abort();
  await others.catch(() => undefined);
  await rig.stop();
  server.close();
  expect([rig.errors, otherErrors]).toEqual([[], []]);
});

const key = { namespace: 'default', name: 'web' };

async function createPod(spec: Partial<PodSpec> = {}): Promise<void> {
  await client.create(resources.pods, {
    metadata: key,
    spec: { containers: [{ name: 'main', image: 'busybox:1.36' }], ...spec },
  });
}

function pod(): Promise<Pod | undefined> {
  return client.get(resources.pods, key).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

describe('a pod of the API', () => {
  it('runs, restarts, and is gone when deleted', async () => {
    await createPod({ initContainers: [{ name: 'init', image: 'busybox:1.36' }] });
    await rig.advance(3_000);
    rig.cri.exit('init', 0);
    await rig.advance(3_000);
    expect((await pod())?.status).toMatchObject({ phase: 'Running', podIP: '10.88.0.1' });
    rig.cri.exit('main', 1);
    await rig.advance(3_000);
    rig.cri.exit('main', 1);
    await rig.advance(3_000);
    const waiting = (await pod())?.status?.containerStatuses?.[0]?.state?.waiting;
    expect(waiting?.reason).toBe('CrashLoopBackOff');
    await rig.advance(10_000);
    await client.delete(resources.pods, key);
    await rig.advance(4_000);
    expect(await pod()).toBeUndefined();
    await rig.advance(61_000);
    expect([rig.cri.containers.size, rig.cri.sandboxes.size]).toEqual([0, 0]);
  });

  it.each(['Never', 'OnFailure'])(
    'with policy %s succeeds and can be deleted',
    async (restartPolicy) => {
      await createPod({ restartPolicy });
      await rig.advance(3_000);
      rig.cri.exit('main', 0);
      await rig.advance(5_000);
      expect((await pod())?.status?.phase).toBe('Succeeded');
      await client.delete(resources.pods, key);
      await rig.advance(3_000);
      expect(await pod()).toBeUndefined();
    },
  );

  it('is logged from through the API', async () => {
    await createPod();
    await rig.advance(3_000);
    const uid = (await pod())?.metadata?.uid ?? '';
    rig.node.files.put(
      `/var/log/pods/default_web_${uid}/main/0.log`,
      '2026-01-01T00:00:01.000000000Z stdout F hello\n',
    );
    const answer = await client.request('/api/v1/namespaces/default/pods/web/log');
    expect(await answer.text()).toBe('hello\n');
  });

  it('writes nothing more when nothing changes', async () => {
    await createPod();
    await rig.advance(5_000);
    const before = (await pod())?.metadata?.resourceVersion;
    await rig.advance(120_000);
    expect((await pod())?.metadata?.resourceVersion).toBe(before);
  });
});

describe('the kubelet in the API', () => {
  it('shows static pods as mirrors with their status', async () => {
    const manifest =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: proxy}\nspec: {containers: [{name: main, image: "busybox:1.36"}]}\n';
    rig.node.files.put('/etc/kubernetes/manifests/proxy.yaml', manifest);
    rig.node.change();
    await rig.advance(15_000);
    const mirror = await client.get(resources.pods, { namespace: 'default', name: 'proxy-node-1' });
    expect(mirror.status?.phase).toBe('Running');
  });

  it('has a node that is ready, and a lease', async () => {
    const node = await client.get(resources.nodes, { name: 'node-1' });
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    const lease = await client.get(resources.leases, {
      namespace: 'kube-node-lease',
      name: 'node-1',
    });
    expect(lease.spec?.holderIdentity).toBe('node-1');
  });
});
