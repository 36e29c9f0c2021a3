import { describe, expect, it } from 'vitest';
import type { ByteDuplex } from '#base/byte-stream.ts';
import { failure } from '#kubelet/testing/fake-files.ts';
import { FakeNode } from '#kubelet/testing/fake-node.ts';
import { requestHeaders } from './http-get-action.ts';
import { httpGet } from './http-get.ts';
import { resolvePort } from './ports.ts';

const signal = new AbortController().signal;

function get(answer: string, scheme?: string) {
  const node = new FakeNode();
  node.listeners.set('10.0.0.1:80', () => answer);
  return httpGet(node, { host: '10.0.0.1', port: 80, path: '/', headers: [], scheme }, signal);
}

describe('httpGet', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello more', 200, 'hello'],
    ['HTTP/1.0 404 Not Found\n\nnone', 404, 'none'],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
      200,
      'abcde',
    ],
    ['HTTP/1.1 204 \r\n\r\n', 204, ''],
  ])('reads %j', async (answer, status, body) => {
    expect(await get(answer)).toMatchObject({ status, body });
  });

  it('reads no more of a body than an event could tell', async () => {
    const { body } = await get(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(20_000)}`);
    expect(body).toHaveLength(10 * 1024);
  });

  it.each([
    ['', 'EOF'],
    ['HTTP/1.1 200 OK\r\n', 'unexpected EOF'],
    [
      'SSH-2.0-OpenSSH\r\n\r\n',
      'net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0-OpenSSH"',
    ],
  ])('refuses %j', async (answer, message) => {
    await expect(get(answer)).rejects.toThrow(`Get "http://10.0.0.1:80/": ${message}`);
  });

  /** Where in the exchange the kernel says no. */
  it.each([
    ['dial', 'ECONNREFUSED', 'dial tcp 10.0.0.1:80: connect: connection refused'],
    ['dial', 'EHOSTUNREACH', 'dial tcp 10.0.0.1:80: connect: no route to host'],
    ['write', 'EPIPE', 'write tcp 10.0.0.1:80: write: broken pipe'],
    ['read', 'ECONNRESET', 'read tcp 10.0.0.1:80: read: connection reset by peer'],
  ])('tells a failed %s (%s)', async (operation, errno, message) => {
    const node = new FakeNode();
    const fails = (what: string) =>
      what === operation ? Promise.reject(failure(errno, 'agent')) : Promise.resolve();
    node.dial = async () => {
      await fails('dial');
      return {
        incoming: { read: () => fails('read').then(() => undefined) },
        outgoing: { write: () => fails('write'), end: () => undefined },
        close: () => undefined,
      } as unknown as ByteDuplex;
    };
    const request = { host: '10.0.0.1', port: 80, path: '/', headers: [], scheme: undefined };
    await expect(httpGet(node, request, signal)).rejects.toThrow(
      `Get "http://10.0.0.1:80/": ${message}`,
    );
  });

  it('says that it speaks no TLS', async () => {
    await expect(get('', 'HTTPS')).rejects.toMatchObject({ code: 'unimplemented' });
  });
});

describe('requestHeaders', () => {
  it('lets the action have its own', () => {
    const action = {
      port: 80,
      httpHeaders: [
        { name: 'host', value: 'example.com' },
        { name: 'User-Agent', value: '' },
      ],
    };
    expect(requestHeaders(action, { host: '10.0.0.1', port: 80 }, 'kube-probe/1.36')).toEqual([
      ['Accept', '*/*'],
      ['host', 'example.com'],
    ]);
  });
});

describe('resolvePort', () => {
  const container = { name: 'main', ports: [{ name: 'http', containerPort: 8080 }] };

  it.each([
    [80, 80],
    ['81', 81],
    ['http', 8080],
  ])('%j is %i', (port, expected) => {
    expect(resolvePort(port, container)).toBe(expected);
  });

  it.each([
    ['https', "couldn't find port: https"],
    [0, 'invalid port number: 0'],
    [70_000, 'invalid port number: 70000'],
  ])('refuses %j', (port, message) => {
    expect(() => resolvePort(port, container)).toThrow(message);
  });
});
