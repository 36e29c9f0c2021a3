import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import { KubeClient } from '#kube/client/client.ts';
import type { Node, Taint } from '#kube/types.ts';
import { NodeLifecycle } from './node-lifecycle.ts';

const notReady: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

const nodeAt = (resourceVersion: string, ready: 'True' | 'False', taints: Taint[] = []): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', resourceVersion },
  spec: { taints },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});

/** A server of one node that is not ready. The test says when it answers the first patch, and what it tells the watch. */
function fakeServer() {
  const patches: unknown[] = [];
  const answer = new Deferred<Response>();
  let watch: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => (watch = controller) });
  const fetch = async (request: Request): Promise<Response> => {
    if (request.method === 'PATCH') {
      patches.push(await request.json());
      return patches.length === 1 ? answer.promise : Response.json(nodeAt('4', 'True'));
    }
    if (request.method === 'POST') return Response.json({}, { status: 201 });
    if (new URL(request.url).searchParams.has('watch')) return new Response(body);
    const metadata = { resourceVersion: '1' };
    return Response.json({ kind: 'NodeList', metadata, items: [nodeAt('1', 'False')] });
  };
  const tell = (object: Node) =>
    watch?.enqueue(new TextEncoder().encode(`${JSON.stringify({ type: 'MODIFIED', object })}\n`));
  return { fetch, patches, answer, tell };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

it.each(Array.from({ length: 24 }, (_, index) => index))(
  'looks again at a node that changes %i microtasks after its taint was written',
  async (microtasks) => {
    const { fetch, patches, answer, tell } = fakeServer();
    const stop = new AbortController();
    const api = new KubeClient({ fetch, userAgent: 'test' });
    const onError = (error: unknown) => expect.fail(String(error));
    const running = new NodeLifecycle({ api, clock: new ManualClock(), onError }).run(stop.signal);
    await settle();
    answer.resolve(Response.json(nodeAt('2', 'False', [notReady])));
    for (let passed = 0; passed < microtasks; passed++) await Promise.resolve();
    tell(nodeAt('3', 'True', [notReady]));
    await settle();
    expect(patches).toHaveLength(2);
    stop.abort();
    await running;
  },
);
