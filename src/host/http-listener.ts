import { type Server, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ByteDuplex } from '#base/byte-stream.ts';
import type { FetchHandler, UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { exchange } from './http-exchange.ts';
import { changeProtocols } from './http-upgrade.ts';
import { listenOnLoopback } from './loopback.ts';
import { nodeDuplex } from './node-duplex.ts';

export interface HttpHandlers {
  fetch: FetchHandler;
  upgrade: UpgradeHandler;
}

/** Milliseconds that a connection may be idle: longer than Go's clients keep one (90 s), lest they use one that closes. */
const keepAlive = 120_000;

/** Serves handlers over HTTP/1.1, on a loopback port of this machine and to connections from elsewhere. */
export class HttpListener {
  readonly #server: Server;
  readonly #connections = new Set<Duplex>();

  constructor({ fetch, upgrade }: HttpHandlers) {
    this.#server = createServer({ keepAliveTimeout: keepAlive }, (incoming, outgoing) => {
      exchange(fetch, incoming, outgoing).catch(() => outgoing.destroy());
    });
    this.#server.on('upgrade', (incoming, socket: Duplex, head) => {
      changeProtocols(upgrade, incoming, socket, head).catch(() => socket.destroy());
    });
    this.#server.on('connection', (connection: Duplex) => this.#keep(connection));
  }

  /** Resolves with the port, which is the kernel's choice if 0 is asked for. */
  listen(port: number): Promise<number> {
    return listenOnLoopback(this.#server, port);
  }

  /** Serves a connection that came in elsewhere. */
  accept(connection: ByteDuplex): void {
    this.#server.emit('connection', nodeDuplex(connection));
  }

  /** Listens no more, and ends every connection. */
  close(): void {
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
  }

  #keep(connection: Duplex): void {
    this.#connections.add(connection);
    connection.on('close', () => this.#connections.delete(connection));
    // A client that goes without a word is no accident; whoever reads or writes is told.
    connection.on('error', () => undefined);
  }
}
