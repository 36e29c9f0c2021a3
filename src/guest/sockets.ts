import type { ByteSink, ByteSource } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import type { Channel } from './channel.ts';
import type { Link } from './link.ts';
import { PayloadReader, PayloadWriter } from './payload.ts';
import { family, kind } from './protocol.ts';

/** An address in the guest. The host of TCP is an IPv4 address in digits. */
export type GuestAddress =
  | {
      /** A path, or @ and a name for an abstract socket. */
      unix: string;
      /** A process in whose network namespace an abstract socket is. */
      networkOf?: number;
    }
  | {
      host: string;
      port: number;
      /** A process in whose network namespace the address is. */
      networkOf?: number;
    };

/** A stream of bytes both ways. Ending `outgoing` half-closes it; `close` ends it both ways. */
export interface Connection {
  readonly incoming: ByteSource;
  readonly outgoing: ByteSink;
  close(): void;
  /** Resolves when it is over both ways; rejects if the agent goes first. */
  readonly closed: Promise<void>;
}

/** Who connected: a process of the guest, or an address. */
export interface Peer {
  pid?: number;
  uid?: number;
  gid?: number;
  host?: string;
  port?: number;
}

export interface AcceptedConnection extends Connection {
  readonly peer: Peer;
}

export interface Listener {
  /** Of TCP: the port that the kernel chose, if 0 was asked for. */
  readonly port: number;
  /** Resolves when it listens no more; rejects if the agent went first. */
  readonly closed: Promise<void>;
  /** Accepts no more; connections that are open stay. */
  close(): void;
}

export interface ListenOptions {
  /** Permissions of a unix socket's file. */
  mode?: number;
  signal?: AbortSignal;
}

export async function connectTo(
  link: Link,
  address: GuestAddress,
  signal?: AbortSignal,
): Promise<Connection> {
  const attempt = `Cannot connect to ${describe(address)}`;
  const channel = link.open(kind.connect, encodeAddress(address), { attempt, signal });
  const connection = connectionOver(channel);
  await channel.reply;
  return connection;
}

/** The two streams of a channel. */
export function connectionOver(channel: Channel): Connection {
  return {
    incoming: channel.incoming(0, 'The connection broke'),
    outgoing: channel.outgoing(0),
    close: () => {
      channel.close();
    },
    closed: channel.ended,
  };
}

/** Who takes the connections of each listener of a link. */
export class Listeners {
  readonly #link: Link;
  readonly #handlers = new Map<number, (connection: AcceptedConnection) => void>();

  constructor(link: Link) {
    this.#link = link;
    link.onGuestOpen(kind.accepted, (channel, payload) => {
      this.#accept(channel, payload);
    });
  }

  async listen(
    address: GuestAddress,
    onConnection: (connection: AcceptedConnection) => void,
    { mode = 0o600, signal }: ListenOptions = {},
  ): Promise<Listener> {
    const attempt = `Cannot listen at ${describe(address)}`;
    const payload = encodeAddress(address).u32(mode);
    const channel = this.#link.open(kind.listen, payload, { attempt, signal });
    // The first connection may come with the reply.
    this.#handlers.set(channel.id, onConnection);
    const forget = () => this.#handlers.delete(channel.id);
    channel.ended.then(forget, forget);
    const port = (await channel.reply).u32();
    return {
      port,
      closed: channel.ended,
      close: () => {
        channel.close();
      },
    };
  }

  #accept(channel: Channel, payload: PayloadReader): void {
    const handler = this.#handlers.get(payload.u32());
    const peer = readPeer(payload);
    if (!handler) {
      channel.close();
      return;
    }
    const connection = { ...connectionOver(channel), peer };
    channel.accept();
    try {
      handler(connection);
    } catch (error) {
      // One bad connection must not end the session with the agent, and every shell with it.
      connection.close();
      console.error('A listener on the node failed:', error);
    }
  }
}

function readPeer(payload: PayloadReader): Peer {
  const [pid, uid, gid] = [payload.u32(), payload.u32(), payload.u32()];
  const host = payload.string();
  const port = payload.u32();
  return host === '' ? { pid, uid, gid } : { host, port };
}

function describe(address: GuestAddress): string {
  const where = 'unix' in address ? address.unix : `${address.host}:${address.port}`;
  return address.networkOf === undefined
    ? where
    : `${where} in the network namespace of process ${address.networkOf}`;
}

function encodeAddress(address: GuestAddress): PayloadWriter {
  const networkOf = address.networkOf ?? 0;
  if ('unix' in address) {
    return new PayloadWriter().u32(family.unix).string(address.unix).u32(0).u32(networkOf);
  }
  const { host, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new SandglassError('invalid-argument', `${port} is no TCP port.`);
  }
  return new PayloadWriter().u32(family.tcp).string(host).u32(port).u32(networkOf);
}
