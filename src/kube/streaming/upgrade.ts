import type { ByteDuplex } from '#base/byte-stream.ts';

/** A request as the parts of the control plane exchange it; the same code meets the page, Node.js' HTTP server and a client in the guest. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** A request to change protocols (RFC 9110, 7.8). Not a `Request`: browsers forbid one to carry `upgrade`. */
export interface UpgradeRequest {
  method: string;
  url: URL;
  headers: Headers;
  signal?: AbortSignal;
}

/** The connection after `101 Switching Protocols`. */
export interface Upgraded {
  headers: Headers;
  stream: ByteDuplex;
}

/** Answers with the changed connection, or with an ordinary response that refuses. */
export type UpgradeHandler = (request: UpgradeRequest) => Promise<Upgraded | Response>;
