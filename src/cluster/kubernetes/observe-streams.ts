import type { ByteDuplex } from '#base/byte-stream.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import type { UpgradeHandler, Upgraded } from '#kube/streaming/upgrade.ts';
import { FrameScanner, type ScannedFrame, spdyHeader, webSocketHeader } from './frame-scanner.ts';

/** Frames of a connection that are told of one by one; the others are counted. */
const toldMax = 100;

/**
 * Tells of each connection to the CRI's streaming server, of the frames that go over it and of its end. Nothing of a
 * connection waits for that.
 */
export function observeStreams(upgrade: UpgradeHandler, trace: TraceBus): UpgradeHandler {
  return async (request) => {
    const { pathname } = request.url;
    const links = linksOf(trace, pathname);
    const answer = await upgrade(request);
    if (answer instanceof Response) {
      trace.emit({
        ...links,
        kind: 'stream',
        event: 'refused',
        path: pathname,
        status: answer.status,
      });
      return answer;
    }
    const { protocol, readHeader, hasChannels } = protocolOf(answer);
    const { id } = trace.emit({
      ...links,
      kind: 'stream',
      event: 'open',
      path: pathname,
      protocol,
    });
    const told = new ToldStream(trace, { ...links, parent: id }, hasChannels);
    const scanners = {
      client: new FrameScanner(readHeader, (frame) => told.frame('client', frame)),
      server: new FrameScanner(readHeader, (frame) => told.frame('server', frame)),
    };
    return { ...answer, stream: observed(answer.stream, scanners, told) };
  };
}

/** What the call was about that gave this address. */
function linksOf(trace: TraceBus, path: string): TraceLinks {
  const answer = trace
    .history()
    .findLast(
      (record) =>
        record.kind === 'cri-return' &&
        (record.response as { url?: string } | undefined)?.url?.endsWith(path),
    );
  if (!answer) return {};
  const { pod, sandboxId, containerId, parent } = answer;
  return {
    ...(pod && { pod }),
    ...(sandboxId !== undefined && { sandboxId }),
    ...(containerId !== undefined && { containerId }),
    ...(parent !== undefined && { parent }),
  };
}

function protocolOf({ headers }: Upgraded) {
  const isWebSocket = headers.get('upgrade')?.toLowerCase() === 'websocket';
  const name = headers.get(isWebSocket ? 'sec-websocket-protocol' : 'x-stream-protocol-version');
  return {
    protocol: `${headers.get('upgrade') ?? ''} ${name ?? ''}`.trim(),
    readHeader: isWebSocket ? webSocketHeader : spdyHeader,
    hasChannels: isWebSocket && (name ?? '').endsWith('channel.k8s.io'),
  };
}

function observed(
  stream: ByteDuplex,
  scanners: Readonly<Record<'client' | 'server', FrameScanner>>,
  told: ToldStream,
): ByteDuplex {
  const { incoming, outgoing } = stream;
  return {
    incoming: {
      async read(signal) {
        const bytes = await incoming.read(signal);
        if (bytes) scanners.server.take(bytes);
        else told.end();
        return bytes;
      },
      cancel: () => {
        told.end();
        incoming.cancel();
      },
    },
    outgoing: {
      write: (bytes, signal) => {
        scanners.client.take(bytes);
        return outgoing.write(bytes, signal);
      },
      end: () => outgoing.end(),
    },
    close: () => {
      told.end();
      stream.close();
    },
  };
}

/** One connection, as the trace is told of it. */
class ToldStream {
  readonly #trace: TraceBus;
  readonly #links: TraceLinks;
  readonly #hasChannels: boolean;
  #frames = 0;
  #bytes = 0;
  #over = false;

  /** With channels, a frame's first byte says which it belongs to. */
  constructor(trace: TraceBus, links: TraceLinks, hasChannels: boolean) {
    this.#trace = trace;
    this.#links = links;
    this.#hasChannels = hasChannels;
  }

  frame(from: 'client' | 'server', { name, length, beginning }: ScannedFrame): void {
    this.#frames++;
    this.#bytes += length;
    if (this.#frames > toldMax) return;
    const isChannel = this.#hasChannels && name === 'binary' && length > 0;
    const [channel] = beginning;
    const content = isChannel ? beginning.subarray(1) : beginning;
    this.#trace.emit({
      ...this.#links,
      kind: 'stream',
      event: 'frame',
      from,
      name,
      length,
      ...(isChannel && channel !== undefined && { channel }),
      text: new TextDecoder().decode(content),
    });
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    const untold = Math.max(0, this.#frames - toldMax);
    const counts = { frames: this.#frames, bytes: this.#bytes, untold };
    this.#trace.emit({ ...this.#links, kind: 'stream', event: 'close', ...counts });
  }
}
