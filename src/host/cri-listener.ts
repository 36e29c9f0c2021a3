import {
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  createServer,
} from 'node:http2';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { ByteDuplex } from '#base/byte-stream.ts';
import type { CriService } from '#cluster/kubernetes/cri-client.ts';
import { nodeDuplex } from './node-duplex.ts';
import { listenAtSocket } from './socket-path.ts';

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

/** Serves the CRI as gRPC over HTTP/2 in clear text, at a unix socket and to connections from elsewhere. */
export class CriListener {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  #handler: Handler = unavailable;

  constructor() {
    this.#server = createServer((request, response) => this.#handler(request, response));
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
    });
  }

  /** The service that answers from now on; without one, clients are told that there is none. */
  serve(service: CriService | undefined): void {
    this.#handler = service
      ? connectNodeAdapter({ ...service, connect: false, grpcWeb: false })
      : unavailable;
  }

  listen(socketPath: string): Promise<void> {
    return listenAtSocket(this.#server, socketPath);
  }

  /** Serves a connection that came in elsewhere. */
  accept(connection: ByteDuplex): void {
    this.#server.emit('connection', nodeDuplex(connection));
  }

  /** Listens no more, removes the socket, and ends every connection. */
  close(): void {
    this.#server.close();
    for (const session of this.#sessions) session.destroy();
  }
}

/** gRPC's clients take it for UNAVAILABLE (grpc, doc/http-grpc-status-mapping.md). */
function unavailable(_request: Http2ServerRequest, response: Http2ServerResponse): void {
  response.writeHead(503);
  response.end();
}
