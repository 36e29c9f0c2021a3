import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { resources } from '#kube/resources.ts';
import { StatusError, badRequest, expired, notFound } from '#kube/status.ts';
import type { FetchHandler } from '#kube/streaming/upgrade.ts';
import type { Pod } from '#kube/types.ts';
import { KubeClient } from './client.ts';

interface Seen {
  method: string;
  url: string;
  contentType: string | null;
  body: unknown;
}

/** A client of a server that always answers the same, and what that server was asked. */
function clientOf(answer: () => Response): { client: KubeClient; seen: Seen[] } {
  const seen: Seen[] = [];
  const fetch: FetchHandler = async (request) => {
    const text = await request.text();
    const { pathname, search } = new URL(request.url);
    seen.push({
      method: request.method,
      url: pathname + search,
      contentType: request.headers.get('content-type'),
      body: text === '' ? undefined : JSON.parse(text),
    });
    return answer();
  };
  return { client: new KubeClient({ fetch, userAgent: 'test' }), seen };
}

const pod: Pod = { metadata: { namespace: 'default', name: 'web' } };

describe('KubeClient', () => {
  it('gives up a request that has no answer in time, and lets go of it', async () => {
    const clock = new ManualClock();
    let asked: Request | undefined;
    const fetch: FetchHandler = (request) => {
      asked = request;
      return new Promise(() => undefined);
    };
    const deadline = { clock, milliseconds: 60_000 };
    const client = new KubeClient({ fetch, userAgent: 'test', deadline });
    const answer = client.create(resources.pods, pod);
    const failure = expect(answer).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: 'POST /api/v1/namespaces/default/pods: the API server did not answer within 60 s.',
    });
    clock.advance(59_999);
    expect(asked?.signal.aborted).toBe(false);
    clock.advance(1);
    await failure;
    expect(asked?.signal.aborted).toBe(true);
  });

  it('asks for each verb as the API wants it', async () => {
    const { client, seen } = clientOf(() => Response.json({ items: [] }));
    const key = { namespace: 'default', name: 'web' };
    await client.get(resources.pods, key);
    await client.list(resources.pods, { namespace: 'default', labelSelector: 'a in (b,c)' });
    await client.list(resources.leases);
    await client.create(resources.pods, pod, { fieldValidation: 'Strict' });
    await client.update(resources.pods, pod);
    await client.updateStatus(resources.nodes, { metadata: { name: 'node-1' } });
    await client.patch(resources.pods, key, { a: 1 }, { type: 'merge', subresource: 'status' });
    await client.delete(resources.pods, key, { gracePeriodSeconds: 0, dryRun: 'All' });
    await client.bind(key, 'node-1');
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/v1/namespaces/default/pods/web',
      'GET /api/v1/namespaces/default/pods?labelSelector=a+in+%28b%2Cc%29',
      'GET /apis/coordination.k8s.io/v1/leases',
      'POST /api/v1/namespaces/default/pods?fieldValidation=Strict',
      'PUT /api/v1/namespaces/default/pods/web',
      'PUT /api/v1/nodes/node-1/status',
      'PATCH /api/v1/namespaces/default/pods/web/status',
      'DELETE /api/v1/namespaces/default/pods/web',
      'POST /api/v1/namespaces/default/pods/web/binding',
    ]);
    expect(seen[3]?.body).toEqual({ ...pod, apiVersion: 'v1', kind: 'Pod' });
    expect(seen[6]?.contentType).toBe('application/merge-patch+json');
    expect(seen[7]?.body).toMatchObject({ gracePeriodSeconds: 0, dryRun: ['All'] });
    expect(seen[8]?.body).toMatchObject({ kind: 'Binding', target: { name: 'node-1' } });
  });

  it('throws the Status of a failure', async () => {
    const { status } = notFound(resources.pods, 'web');
    const { client } = clientOf(() => Response.json(status, { status: 404 }));
    const failure = client.get(resources.pods, { namespace: 'default', name: 'web' });
    await expect(failure).rejects.toMatchObject({
      code: 'not-found',
      message: 'pods "web" not found',
      status,
    });
  });

  it('makes a Status of an answer that has none', async () => {
    const { client } = clientOf(() => new Response('no such container', { status: 400 }));
    const failure = client.get(resources.pods, { namespace: 'default', name: 'web' });
    await expect(failure).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'no such container',
    });
  });

  it('reads every page of a list', async () => {
    const pages = [
      { metadata: { resourceVersion: '7', continue: 'next' }, items: [pod] },
      { metadata: { resourceVersion: '7' }, items: [pod, pod] },
    ];
    let page = 0;
    const { client, seen } = clientOf(() => Response.json(pages[page++]));
    const list = await client.listAll(resources.pods, { resourceVersion: '5' }, 1);
    expect(list.items).toHaveLength(3);
    expect(list.metadata).toEqual({ resourceVersion: '7' });
    expect(seen.map(({ url }) => url)).toEqual([
      '/api/v1/pods?resourceVersion=5&limit=1',
      '/api/v1/pods?limit=1&continue=next',
    ]);
  });

  it('yields the events of a watch, however they are cut, until it ends', async () => {
    const text = ['ADDED', 'DELETED']
      .map((type) => `${JSON.stringify({ type, object: { metadata: { name: 'kö' } } })}\n`)
      .join('');
    const bytes = new TextEncoder().encode(text);
    const { client, seen } = clientOf(
      () =>
        new Response(
          new ReadableStream({
            start(controller) {
              for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
              controller.close();
            },
          }),
        ),
    );
    const types: string[] = [];
    for await (const { type, object } of client.watch(resources.pods, { resourceVersion: '3' })) {
      types.push(`${type} ${object.metadata?.name}`);
    }
    expect(types).toEqual(['ADDED kö', 'DELETED kö']);
    expect(seen[0]?.url).toBe('/api/v1/pods?watch=true&resourceVersion=3');
  });

  it('throws what an ERROR event carries', async () => {
    const event = { type: 'ERROR', object: expired('too old resource version: 1 (9)').status };
    const { client } = clientOf(() => new Response(JSON.stringify(event)));
    await expect(client.watch(resources.pods).next()).rejects.toMatchObject({
      code: 'out-of-range',
      message: 'too old resource version: 1 (9)',
    });
  });

  it('tells the server when its reader stops', async () => {
    let cancelled = false;
    const { client } = clientOf(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) =>
              controller.enqueue(new TextEncoder().encode('{"type":"ADDED","object":{}}\n')),
            cancel: () => void (cancelled = true),
          }),
        ),
    );
    for await (const event of client.watch(resources.pods)) {
      expect(event.type).toBe('ADDED');
      break;
    }
    expect(cancelled).toBe(true);
  });

  it('ends a watch that waits when the signal fires', async () => {
    const abort = new AbortController();
    const { client } = clientOf(() => new Response(new ReadableStream()));
    const next = client.watch(resources.pods, { signal: abort.signal }).next();
    abort.abort();
    await expect(next).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuses to update what has no name', async () => {
    const { client } = clientOf(() => Response.json({}));
    await expect(client.update(resources.pods, {})).rejects.toThrow(
      'resource name may not be empty',
    );
  });

  it('gives errors one type', () => {
    expect(badRequest('x')).toBeInstanceOf(StatusError);
    expect(badRequest('x').name).toBe('SandglassError');
  });
});
