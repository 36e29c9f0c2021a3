import { SandglassError } from '#base/errors.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import type { Upgraded, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { WebSocketChannels } from '#kube/streaming/websocket/channels.ts';
import { WebSocketConnection } from '#kube/streaming/websocket/connection.ts';
import { answerWebSocket } from '#kube/streaming/websocket/handshake.ts';
import type { Status } from '#kube/types.ts';
import type { RunCommand, WantedStreams } from './command.ts';
import { statusText } from './exit-status.ts';
import { channels, webSocketProtocols, type WebSocketProtocol } from './protocols.ts';
import { readResizes } from './resizes.ts';
import { type CommandConnection, endingInput, runSession, type SessionOptions } from './session.ts';

/** Exec or attach over WebSocket channels (cri-streaming, pkg/streaming/remotecommand/websocket.go). */
export function serveWebSocketCommand(
  request: UpgradeRequest,
  wanted: WantedStreams,
  run: RunCommand,
  options: SessionOptions,
): Upgraded | Response {
  const answer = answerWebSocket(request, Object.keys(webSocketProtocols));
  if (answer instanceof Response) return answer;
  const protocol = webSocketProtocols[answer.protocol];
  if (!protocol) throw new SandglassError('internal', `There is no protocol ${answer.protocol}.`);
  const [stream, ours] = duplexPair();
  const socket = new WebSocketConnection(ours, 'server');
  void runSession(commandConnection(socket, wanted, protocol), run, options);
  return { headers: answer.headers, stream };
}

function commandConnection(
  socket: WebSocketConnection,
  wanted: WantedStreams,
  { encoding, halfClose, status: hasStatus }: WebSocketProtocol,
): CommandConnection {
  const readable = [
    ...(wanted.stdin ? [channels.stdin] : []),
    ...(wanted.tty ? [channels.resize] : []),
  ];
  const multiplexer = new WebSocketChannels(socket, { encoding, halfClose, readable });
  const gone = multiplexer.run();
  const greeting = wanted.stdout
    ? channels.stdout
    : wanted.stderr
      ? channels.stderr
      : channels.error;
  // If this fails, so will all else.
  void multiplexer.announce(greeting).catch(() => undefined);
  return {
    gone,
    streams: {
      ...(wanted.stdin && { stdin: endingInput(multiplexer.incoming(channels.stdin)) }),
      ...(wanted.stdout && { stdout: multiplexer.outgoing(channels.stdout) }),
      ...(wanted.stderr && { stderr: multiplexer.outgoing(channels.stderr) }),
      resizes: wanted.tty ? readResizes(multiplexer.incoming(channels.resize)) : none(),
    },
    finish: async (status) => {
      multiplexer.discardIncoming();
      await multiplexer.outgoing(channels.error).write(encodeStatus(status, hasStatus));
      socket.close();
    },
    close: () => socket.abort(),
  };
}

export function encodeStatus(status: Status, hasStatus: boolean): Uint8Array {
  return new TextEncoder().encode(hasStatus ? JSON.stringify(status) : statusText(status));
}

export async function* none(): AsyncGenerator<never> {
  // A stream that was not asked for.
}
