import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApi, testPod, type TestApi } from '#apiserver/testing/test-api.ts';
import { TaintEviction } from '#controllers/taint-eviction.ts';
import { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { Pod, Taint, Toleration } from '#kube/types.ts';
import { advance, settle } from '#kubelet/testing/settle.ts';

const taint: Taint = { key: 'disk', value: 'bad', effect: 'NoExecute' };
const tolerated: Toleration = { operator: 'Exists', effect: 'NoExecute' };

let test: TestApi;
let stop: AbortController;
let running: Promise<void>;
let errors: unknown[];
/** Rejects the first so many requests of the controller that change something. */
let refusals: number;

beforeEach(async () => {
  test = startTestApi();
  stop = new AbortController();
  errors = [];
  refusals = 0;
  const fetch = (request: Request) =>
    request.method !== 'GET' && !request.url.includes('/events') && refusals-- > 0
      ? Promise.resolve(new Response('{}', { status: 500 }))
      : test.api.fetch(request);
  const eviction = new TaintEviction({
    api: new KubeClient({ fetch, userAgent: 'kube-controller-manager' }),
    clock: test.clock,
    onError: (error) => errors.push(error),
  });
  await test.client.create(resources.nodes, { metadata: { name: 'n' } });
  running = eviction.run(stop.signal);
  await settle();
});

afterEach(async () => {
  stop.abort();
  await running;
});

async function addPod(name: string, ...tolerations: Toleration[]): Promise<void> {
  await test.client.create(resources.pods, testPod(name, { nodeName: 'n', tolerations }));
  await settle();
}

async function setTaints(...taints: Taint[]): Promise<void> {
  const key = { name: 'n' };
  await test.client.patch(resources.nodes, key, { spec: { taints } }, { type: 'merge' });
  await settle();
}

/** The pods that are not being deleted. */
async function staying(): Promise<string[]> {
  const { items } = await test.client.list(resources.pods, { namespace: 'default' });
  return items
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata?.name ?? '');
}

async function events(): Promise<string[]> {
  const { items } = await test.client.list(resources.events, { namespace: 'default' });
  return items.map(
    ({ type, reason, message, source, involvedObject }) =>
      `${involvedObject.name} ${source?.component}: ${type} ${reason} ${message}`,
  );
}

const event = (pod: string, what: string) =>
  `${pod} taint-eviction-controller: Normal TaintManagerEviction ${what} Pod default/${pod}`;

describe('a NoExecute taint', () => {
  it('ends the pods that do not tolerate it, and says why', async () => {
    await addPod('a');
    await addPod('b', tolerated);
    expect(await staying()).toEqual(['a', 'b']);
    await setTaints(taint);
    expect(await staying()).toEqual(['b']);
    expect(await events()).toEqual([event('a', 'Marking for deletion')]);
    const pod: Pod = await test.client.get(resources.pods, { namespace: 'default', name: 'a' });
    expect(pod.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      }),
    );
    expect(errors).toEqual([]);
  });

  it('ends pods that come when it is there', async () => {
    await setTaints(taint);
    await addPod('a');
    expect(await staying()).toEqual([]);
  });

  it('leaves pods alone if it is of another effect', async () => {
    await addPod('a');
    await setTaints({ ...taint, effect: 'NoSchedule' });
    expect(await staying()).toEqual(['a']);
  });

  it('waits for as long as it is tolerated, from when it came', async () => {
    await addPod('a', { ...tolerated, tolerationSeconds: 60 });
    await setTaints(taint);
    await advance(test.clock, 30_000);
    await setTaints(taint, { ...taint, key: 'net' });
    await advance(test.clock, 29_000);
    expect(await staying()).toEqual(['a']);
    await advance(test.clock, 1_500);
    expect(await staying()).toEqual([]);
  });

  it('that goes in time ends nobody', async () => {
    await addPod('a', { ...tolerated, tolerationSeconds: 60 });
    await setTaints(taint);
    await advance(test.clock, 30_000);
    await setTaints();
    await advance(test.clock, 60_000);
    expect(await staying()).toEqual(['a']);
    expect(await events()).toEqual([event('a', 'Cancelling deletion of')]);
  });

  it('ends a pod although the API refuses at first', async () => {
    await addPod('a');
    refusals = 3;
    await setTaints(taint);
    await advance(test.clock, 1_000);
    expect(await staying()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('is told of when the API goes on refusing', async () => {
    await addPod('a');
    refusals = 100;
    await setTaints(taint);
    await advance(test.clock, 1_000);
    expect(errors.map(String)).toEqual([
      expect.stringContaining('Pod default/a cannot be evicted: '),
    ]);
  });
});
