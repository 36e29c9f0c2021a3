import { describe, expect, it } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { resources } from '#kube/resources.ts';
import { expired, serviceUnavailable, type StatusError } from '#kube/status.ts';
import type { Pod } from '#kube/types.ts';
import { KubeClient } from './client.ts';
import { Informer } from './informer.ts';

function pod(name: string, resourceVersion: string): Pod {
  return { metadata: { namespace: 'default', name, uid: `uid-${name}`, resourceVersion } };
}

/** A server whose lists are set and whose watches are fed by the test. */
class FakeServer {
  pods: Pod[] = [];
  resourceVersion = '1';
  failList: StatusError | undefined;
  readonly requests: string[] = [];
  #watch: ReadableStreamDefaultController<Uint8Array> | undefined;

  readonly fetch = (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url);
    const isWatch = searchParams.get('watch') === 'true';
    const version = searchParams.get('resourceVersion') ?? 'latest';
    this.requests.push(`${isWatch ? 'watch' : 'list'} ${version}`);
    if (isWatch) {
      return Promise.resolve(
        new Response(
          new ReadableStream<Uint8Array>({
            start: (controller) => void (this.#watch = controller),
          }),
        ),
      );
    }
    if (this.failList) {
      const { status } = this.failList;
      return Promise.resolve(Response.json(status, { status: status.code ?? 500 }));
    }
    return Promise.resolve(
      Response.json({ metadata: { resourceVersion: this.resourceVersion }, items: this.pods }),
    );
  };

  send(type: string, object: unknown): void {
    this.#watch?.enqueue(new TextEncoder().encode(`${JSON.stringify({ type, object })}\n`));
  }

  endWatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }
}

/** Lets everything that needs no time happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function start() {
  const clock = new ManualClock();
  const server = new FakeServer();
  const told: string[] = [];
  const abort = new AbortController();
  const informer = new Informer({
    api: new KubeClient({ fetch: server.fetch, userAgent: 'test' }),
    resource: resources.pods,
    clock,
    random: () => 0,
    onError: (error) => told.push(`error ${(error as Error).message}`),
  });
  informer.listen({
    onAdd: (object, initial) =>
      told.push(`add ${object.metadata?.name}${initial ? ' initial' : ''}`),
    onUpdate: (next, previous) =>
      told.push(`update ${previous.metadata?.resourceVersion}→${next.metadata?.resourceVersion}`),
    onDelete: (object) => told.push(`delete ${object.metadata?.name}`),
  });
  return { clock, server, told, informer, abort, run: () => informer.run(abort.signal) };
}

describe('Informer', () => {
  it('lists, then follows the watch', async () => {
    const { server, told, informer, abort, run } = start();
    server.pods = [pod('a', '1')];
    const running = run();
    await informer.waitForSync();
    await settle();
    server.send('ADDED', pod('b', '2'));
    server.send('MODIFIED', pod('a', '3'));
    server.send('DELETED', pod('b', '4'));
    server.send('BOOKMARK', { metadata: { resourceVersion: '9' } });
    await settle();
    expect(told).toEqual(['add a initial', 'add b', 'update 1→3', 'delete b']);
    expect(informer.store.list()).toEqual([pod('a', '3')]);
    expect(informer.resourceVersion).toBe('9');
    abort.abort();
    await running;
  });

  it('watches on from the last version when the server ends a watch', async () => {
    const { server, told, abort, run } = start();
    const running = run();
    await settle();
    server.send('ADDED', pod('b', '6'));
    await settle();
    server.endWatch();
    await settle();
    expect(server.requests).toEqual(['list latest', 'watch 1', 'watch 6']);
    expect(told).toEqual(['add b']);
    abort.abort();
    await running;
  });

  it('waits before it asks again a server that ends watches at once', async () => {
    const { server, clock, abort, run } = start();
    const running = run();
    await settle();
    server.endWatch();
    await settle();
    expect(server.requests).toHaveLength(2);
    clock.advance(800);
    await settle();
    expect(server.requests).toHaveLength(3);
    abort.abort();
    await running;
  });

  it('lists again when its version has been compacted, and tells the difference', async () => {
    const { server, told, abort, run } = start();
    server.pods = [pod('a', '1'), pod('b', '1')];
    const running = run();
    await settle();
    server.pods = [pod('b', '5'), pod('c', '6')];
    server.resourceVersion = '7';
    server.send('ERROR', expired('too old resource version: 1 (5)').status);
    await settle();
    expect(server.requests).toEqual(['list latest', 'watch 1', 'list latest', 'watch 7']);
    expect(told).toEqual(['add a initial', 'add b initial', 'delete a', 'update 1→5', 'add c']);
    abort.abort();
    await running;
  });

  it('backs off while the server fails, then goes on', async () => {
    const { server, clock, told, informer, abort, run } = start();
    server.failList = serviceUnavailable('etcd is away');
    const running = run();
    await settle();
    for (const wait of [800, 1600]) {
      clock.advance(wait - 1);
      await settle();
      const asked = server.requests.length;
      clock.advance(1);
      await settle();
      expect(server.requests).toHaveLength(asked + 1);
    }
    expect(informer.hasSynced).toBe(false);
    server.failList = undefined;
    clock.advance(3200);
    await settle();
    expect(informer.hasSynced).toBe(true);
    expect(told).toEqual(Array(3).fill('error etcd is away'));
    abort.abort();
    await running;
  });

  it('tells a late handler what is there', async () => {
    const { server, informer, abort, run } = start();
    server.pods = [pod('a', '1')];
    const running = run();
    await informer.waitForSync();
    const told: string[] = [];
    const forget = informer.listen({ onAdd: (object) => told.push(object.metadata?.name ?? '') });
    forget();
    await settle();
    server.send('ADDED', pod('b', '2'));
    await settle();
    expect(told).toEqual(['a']);
    abort.abort();
    await running;
  });

  it('ends when the signal fires, and so does whoever waits for it', async () => {
    const { server, informer, abort, run } = start();
    server.failList = serviceUnavailable('away');
    const running = run();
    const waiting = informer.waitForSync(abort.signal);
    await settle();
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await running;
  });
});
