import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import sirv from 'sirv';
import { SandglassError } from '#base/errors.ts';
import { headersFor } from './headers.ts';

export interface SiteServer {
  /** Such as `http://127.0.0.1:4173/`. */
  url: string;
  /** Bytes sent over all connections so far, headers included. */
  bytesSent(): number;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** The built site. */
  directory: string;
  /** 0 takes any free port. */
  port: number;
  /** Serves below this path, as a host with many sites does; `/` by default. */
  basePath?: string;
  /** Answers a request itself and returns true: how tests break the network. */
  intercept?: (request: http.IncomingMessage, response: http.ServerResponse) => boolean;
}

/** The port of an option. Throws `invalid-argument` for what is none; 0 is any free one. */
export function portFrom(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new SandglassError(
    'invalid-argument',
    `--port takes a port from 1 to 65535, or 0 for a free one, not "${text}".`,
  );
}

/** Serves the built site on loopback, compressed copies (.br, .gz) first, as a good static host would. */
export async function serveSite(options: SiteOptions): Promise<SiteServer> {
  const basePath = options.basePath ?? '/';
  const files = sirv(options.directory, {
    brotli: true,
    gzip: true,
    etag: true,
    setHeaders: (response, pathname) => {
      for (const [name, value] of Object.entries(headersFor(pathname)))
        response.setHeader(name, value);
    },
  });
  let closedBytes = 0;
  const sockets = new Set<import('node:net').Socket>();
  const server = http.createServer((request, response) => {
    if (options.intercept?.(request, response)) return;
    const url = request.url ?? '/';
    if (!url.startsWith(basePath)) {
      response.writeHead(404).end();
      return;
    }
    const file = pathOf(`/${url.slice(basePath.length)}`);
    if (file === undefined) {
      response.writeHead(400).end();
      return;
    }
    request.url = `/${url.slice(basePath.length)}`;
    if (lacksSlash(options.directory, file)) {
      const { pathname, search } = new URL(url, 'http://localhost');
      response.writeHead(301, { Location: `${pathname}/${search}` }).end();
      return;
    }
    files(request, response, () => {
      answerNotFound(options.directory, request, response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      closedBytes += socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    bytesSent: () => [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, closedBytes),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The path that an address asks for, decoded; nothing for what is no address, such as one with a lone `%`. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
}

/** A reader is shown the site's own page; a program, which asks for other things than pages, gets an empty answer. */
function answerNotFound(
  directory: string,
  { headers }: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const page = path.join(directory, '404.html');
  const wantsPage = headers.accept?.includes('text/html') === true && existsSync(page);
  for (const [name, value] of Object.entries(headersFor('/404.html'))) {
    response.setHeader(name, value);
  }
  if (!wantsPage) response.writeHead(404).end();
  else
    response.writeHead(404, { 'Content-Type': 'text/html; charset=utf-8' }).end(readFileSync(page));
}

/** Pages name their files from where they are: an address of a folder ends in a slash. */
function lacksSlash(directory: string, pathname: string): boolean {
  return !pathname.endsWith('/') && existsSync(path.join(directory, pathname, 'index.html'));
}

function listen(server: http.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new SandglassError(
              'already-exists',
              `Port ${port} is in use: choose another with --port.`,
              {
                cause,
              },
            )
          : cause,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
