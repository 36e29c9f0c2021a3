import type { ByteDuplex } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { SpdyConnection } from '#kube/streaming/spdy/connection.ts';
import type { SpdyStream } from '#kube/streaming/spdy/stream.ts';
import { forward, type PortForwardOptions } from './forward.ts';
import { streamHeaders } from './protocols.ts';

/** How long a client may take to open the second stream of a pair, in ms (DefaultStreamCreationTimeout). */
const creationTime = 30_000;

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  /** Ends the wait for the other stream. */
  stopWaiting: () => void;
}

/** Forwards each pair of streams that the client opens (cri-streaming, portforward/httpstream.go). Never rejects. */
export async function serveSpdyForwards(
  stream: ByteDuplex,
  options: PortForwardOptions,
): Promise<void> {
  const pairs = new StreamPairs(options);
  const connection = new SpdyConnection(stream, {
    role: 'server',
    onStream: (opened) => pairs.add(opened),
  });
  await connection.run();
  pairs.stopWaiting();
}

class StreamPairs {
  readonly #options: PortForwardOptions;
  readonly #pairs = new Map<string, Pair>();

  constructor(options: PortForwardOptions) {
    this.#options = options;
  }

  /** Throws at a stream that is to be refused. */
  add(stream: SpdyStream): void {
    const port = parsePort(stream.headers.get(streamHeaders.port));
    const type = parseType(stream.headers.get(streamHeaders.type));
    const id = requestIdOf(stream, type);
    const pair = this.#pairs.get(id) ?? this.#begin(id);
    if (pair[type]) {
      const text = `error processing stream for request ${id}: ${type} stream already assigned`;
      throw new SandglassError('invalid-argument', text);
    }
    pair[type] = stream;
    const { data, error } = pair;
    if (!data || !error) return;
    this.#forget(id, pair);
    void this.#forward(port, data, error);
  }

  stopWaiting(): void {
    for (const [id, pair] of this.#pairs) this.#forget(id, pair);
  }

  #begin(id: string): Pair {
    const pair: Pair = {
      stopWaiting: this.#options.clock.schedule(creationTime, () => {
        this.#forget(id, pair);
        const text = `(request=${id}) timed out waiting for streams`;
        if (pair.error) void say(pair.error, text).catch(() => undefined);
        pair.data?.close();
      }),
    };
    this.#pairs.set(id, pair);
    return pair;
  }

  #forget(id: string, pair: Pair): void {
    pair.stopWaiting();
    this.#pairs.delete(id);
  }

  async #forward(port: number, data: SpdyStream, error: SpdyStream): Promise<void> {
    const { pod, connect } = this.#options;
    const tell = (text: string) => say(error, text);
    const isDone = await forward({ port, pod, data, tell, torn: data.torn }, connect);
    error.outgoing.end();
    // A broken connection is no ended one (upstream resets both).
    if (!isDone) data.close();
    // What the client still sends has nowhere to go.
    data.incoming.cancel();
  }
}

async function say(stream: SpdyStream, text: string): Promise<void> {
  await stream.outgoing.write(new TextEncoder().encode(text));
  stream.outgoing.end();
}

function parsePort(text: string | null): number {
  if (text === null) throw refused('"port" header is required');
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 0xffff) throw refused(`unable to parse "${text}" as a port`);
  if (port < 1) throw refused(`port "${text}" must be > 0`);
  return port;
}

function parseType(text: string | null): 'data' | 'error' {
  if (text === null) throw refused('"streamType" header is required');
  if (text !== 'data' && text !== 'error') throw refused(`invalid stream type "${text}"`);
  return text;
}

/** Clients of Kubernetes 1.0 give none: then the error stream comes first, and the data stream has the next number. */
function requestIdOf(stream: SpdyStream, type: 'data' | 'error'): string {
  const given = stream.headers.get(streamHeaders.requestId);
  return given ?? String(type === 'error' ? stream.id : stream.id - 2);
}

function refused(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}
