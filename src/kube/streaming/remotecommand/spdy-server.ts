import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { Deferred } from '#base/deferred.ts';
import { SandglassError } from '#base/errors.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { SpdyConnection } from '#kube/streaming/spdy/connection.ts';
import { answerSpdy } from '#kube/streaming/spdy/handshake.ts';
import type { SpdyStream } from '#kube/streaming/spdy/stream.ts';
import type { Upgraded, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import type { RunCommand, WantedStreams } from './command.ts';
import { spdyProtocols, streamTypeHeader, type StreamType } from './protocols.ts';
import { readResizes } from './resizes.ts';
import { type CommandConnection, endingInput, runSession, type SessionOptions } from './session.ts';
import { encodeStatus, none } from './websocket-server.ts';

/** How long a client may take to open its streams, in ms (remotecommand.DefaultStreamCreationTimeout). */
const creationTime = 30_000;

/** Exec or attach over SPDY (cri-streaming, pkg/streaming/remotecommand/httpstream.go). */
export function serveSpdyCommand(
  request: UpgradeRequest,
  wanted: WantedStreams,
  run: RunCommand,
  options: SessionOptions,
): Upgraded | Response {
  const answer = answerSpdy(request, Object.keys(spdyProtocols));
  if (answer instanceof Response) return answer;
  const protocol = spdyProtocols[answer.protocol];
  if (!protocol) throw new SandglassError('internal', `There is no protocol ${answer.protocol}.`);
  const expected: StreamType[] = [
    'error',
    ...(['stdin', 'stdout', 'stderr'] as const).filter((type) => wanted[type]),
    ...(wanted.tty && protocol.resize ? (['resize'] as const) : []),
  ];
  const [stream, ours] = duplexPair();
  const awaited = new AwaitedStreams(expected);
  const connection = new SpdyConnection(ours, {
    role: 'server',
    onStream: (opened) => awaited.take(opened),
  });
  const gone = connection.run();
  const serve = async () => {
    try {
      const streams = await awaited.all(options.clock, gone);
      const client = commandConnection(connection, gone, streams, protocol.status);
      await runSession(client, run, options);
    } catch {
      // Upstream too has no way to say it: the client opened too few streams.
      connection.close();
    }
  };
  void serve();
  return { headers: answer.headers, stream };
}

type CommandSpdyStreams = ReadonlyMap<StreamType, SpdyStream>;

/** Collects the streams that a client opens for one command. */
class AwaitedStreams {
  readonly #missing: Set<StreamType>;
  readonly #streams = new Map<StreamType, SpdyStream>();
  readonly #complete = new Deferred<CommandSpdyStreams>();

  constructor(expected: readonly StreamType[]) {
    this.#missing = new Set(expected);
  }

  take(stream: SpdyStream): void {
    const type = stream.headers.get(streamTypeHeader) as StreamType | null;
    if (type === null || !this.#missing.delete(type)) {
      throw new SandglassError('invalid-argument', `unexpected stream type: "${type ?? ''}"`);
    }
    this.#streams.set(type, stream);
    if (this.#missing.size === 0) this.#complete.resolve(this.#streams);
  }

  async all(clock: Clock, gone: Promise<void>): Promise<CommandSpdyStreams> {
    void gone.then(() => {
      this.#complete.reject(new SandglassError('cancelled', 'The client has gone away.'));
    });
    const text = 'timed out waiting for client to create streams';
    return await withDeadline(this.#complete.promise, clock, creationTime, text);
  }
}

function commandConnection(
  connection: SpdyConnection,
  gone: Promise<void>,
  streams: CommandSpdyStreams,
  hasStatus: boolean,
): CommandConnection {
  const stdin = streams.get('stdin')?.incoming;
  const stdout = streams.get('stdout')?.outgoing;
  const stderr = streams.get('stderr')?.outgoing;
  const resize = streams.get('resize')?.incoming;
  return {
    gone,
    streams: {
      ...(stdin && { stdin: endingInput(stdin) }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      resizes: resize ? readResizes(resize) : none(),
    },
    finish: async (status) => {
      // What still comes in is dropped, so that the client's goodbye can be read.
      stdin?.cancel();
      resize?.cancel();
      stdout?.end();
      stderr?.end();
      const error = streams.get('error')?.outgoing;
      await error?.write(encodeStatus(status, hasStatus));
      error?.end();
      streams.get('stdin')?.outgoing.end();
    },
    close: () => connection.close(),
  };
}
