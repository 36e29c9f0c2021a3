import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { pipeBytes, readAllText } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { type HttpHandlers, HttpListener } from './http-listener.ts';

const listeners: HttpListener[] = [];
afterEach(() => {
  for (const listener of listeners.splice(0)) listener.close();
});

function listener(handlers: Partial<HttpHandlers>): HttpListener {
  const made = new HttpListener({
    fetch: () => Promise.resolve(new Response()),
    upgrade: () => Promise.resolve(new Response()),
    ...handlers,
  });
  listeners.push(made);
  return made;
}

async function serve(handlers: Partial<HttpHandlers>): Promise<number> {
  return listener(handlers).listen(0);
}

async function send(options: RequestOptions, body?: string): Promise<IncomingMessage> {
  const outgoing = request({ host: '127.0.0.1', ...options });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}

describe('an HTTP listener', () => {
  it('hands on method, address, headers and body, and answers with all that comes back', async () => {
    const port = await serve({
      fetch: async (incoming) => {
        const url = new URL(incoming.url);
        const told = [incoming.method, url.pathname + url.search, await incoming.text()];
        const headers = { 'x-told': incoming.headers.get('x-tell') ?? '' };
        return new Response(told.join(' '), { status: 201, headers });
      },
    });
    const path = '//api/v1?watch=true';
    const headers = { 'x-tell': ['a', 'b'] };
    const response = await send({ port, method: 'POST', path, headers }, 'body');
    expect(response.statusCode).toBe(201);
    expect(response.headers['x-told']).toBe('a, b');
    expect(await text(response)).toBe('POST //api/v1?watch=true body');
  });

  it('keeps the connection from one request to the next', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const port = await serve({ fetch: async (incoming) => new Response(await incoming.text()) });
    const ports = new Set<number | undefined>();
    for (const body of ['one', 'two', 'three']) {
      const response = await send({ port, agent, method: 'POST' }, body);
      ports.add(response.socket.localPort);
      expect(await text(response)).toBe(body);
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  it('answers a client whose body nobody reads, and then the next one', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const port = await serve({ fetch: () => Promise.resolve(new Response('no', { status: 413 })) });
    const outgoing = request({ host: '127.0.0.1', port, agent, method: 'POST' });
    // What follows of the body comes after the answer, if ever.
    outgoing.write('x');
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(response.headers.connection).toBe('close');
    expect(await text(response)).toBe('no');
    outgoing.destroy();
    expect((await send({ port, agent })).statusCode).toBe(413);
    agent.destroy();
  });

  it('sends each event of a watch as it comes, and tells the watch that its client has gone', async () => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let gone: Promise<unknown> | undefined;
    const port = await serve({
      fetch: ({ signal }) => {
        gone = once(signal, 'abort');
        const body = new ReadableStream<Uint8Array>({ start: (made) => void (controller = made) });
        return Promise.resolve(new Response(body));
      },
    });
    const response = await send({ port });
    controller?.enqueue(new TextEncoder().encode('first'));
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toBe('first');
    response.destroy();
    await gone;
  });

  it.each([
    [new SandglassError('unavailable', 'The cluster is not running.'), 503],
    [new Error('a bug'), 500],
  ])('answers when a handler fails with %s', async (error, status) => {
    const port = await serve({ fetch: () => Promise.reject(error) });
    const response = await send({ port });
    expect(response.statusCode).toBe(status);
    expect(await text(response)).toBe(`${error.message}\n`);
  });

  it('changes protocols and carries bytes both ways, those that came early too', async () => {
    const port = await serve({
      upgrade: ({ url, headers }) => {
        const [near, far] = duplexPair();
        void pipeBytes(far.incoming, far.outgoing);
        const protocol = `${headers.get('upgrade') ?? ''} ${url.pathname}`;
        return Promise.resolve({ headers: new Headers({ 'x-protocol': protocol }), stream: near });
      },
    });
    const socket = connect(port, '127.0.0.1');
    socket.end('GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: e\r\n\r\nearly');
    const answer = 'HTTP/1.1 101 Switching Protocols\r\nx-protocol: e /echo\r\n\r\nearly';
    expect(await text(socket)).toBe(answer);
  });

  it('refuses to change protocols as its handler says', async () => {
    const port = await serve({
      upgrade: () => Promise.resolve(new Response('no such pod', { status: 404 })),
    });
    const response = await send({ port, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' } });
    expect(response.statusCode).toBe(404);
    expect(await text(response)).toBe('no such pod');
  });

  it('serves a connection that came in elsewhere', async () => {
    const [near, far] = duplexPair();
    listener({ fetch: ({ url }) => Promise.resolve(new Response(new URL(url).host)) }).accept(far);
    const head = 'GET / HTTP/1.1\r\nHost: node-1:8080\r\nConnection: close\r\n\r\n';
    await near.outgoing.write(new TextEncoder().encode(head));
    expect(await readAllText(near.incoming)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*node-1:8080/);
  });

  it('ends what is under way when it closes', async () => {
    const made = listener({ fetch: () => Promise.resolve(new Response(new ReadableStream())) });
    const response = await send({ port: await made.listen(0) });
    made.close();
    await expect(text(response)).rejects.toThrow('aborted');
  });

  it('says in words that a port is taken', async () => {
    const port = await serve({});
    await expect(listener({}).listen(port)).rejects.toThrow(`Port ${port} is taken`);
  });
});
