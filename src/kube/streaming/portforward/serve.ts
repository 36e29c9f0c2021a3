import type { ByteDuplex } from '#base/byte-stream.ts';
import { duplexPair } from '#kube/streaming/duplex-pair.ts';
import { plainText } from '#kube/streaming/refusal.ts';
import { answerSpdy } from '#kube/streaming/spdy/handshake.ts';
import type { Upgraded, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { WebSocketConnection } from '#kube/streaming/websocket/connection.ts';
import { answerWebSocket, isWebSocketRequest } from '#kube/streaming/websocket/handshake.ts';
import { tunnel } from '#kube/streaming/websocket/tunnel.ts';
import { channelProtocols, portForwardProtocol, tunnelProtocol } from './protocols.ts';
import type { PortForwardOptions } from './forward.ts';
import { serveSpdyForwards } from './spdy-server.ts';
import { serveChannelForwards } from './websocket-server.ts';

/** Serves port-forward in whichever of upstream's protocols the client offers. */
export function servePortForward(
  request: UpgradeRequest,
  options: PortForwardOptions,
): Upgraded | Response {
  return isWebSocketRequest(request)
    ? serveWebSocket(request, options)
    : serveSpdy(request, options);
}

function serveSpdy(request: UpgradeRequest, options: PortForwardOptions): Upgraded | Response {
  const answer = answerSpdy(request, [portForwardProtocol]);
  if (answer instanceof Response) return answer;
  const [stream, ours] = duplexPair();
  closeOnAbort(ours, request.signal);
  void serveSpdyForwards(ours, options);
  return { headers: answer.headers, stream };
}

function serveWebSocket(request: UpgradeRequest, options: PortForwardOptions): Upgraded | Response {
  const answer = answerWebSocket(request, [tunnelProtocol, ...Object.keys(channelProtocols)]);
  if (answer instanceof Response) return answer;
  const encoding = channelProtocols[answer.protocol];
  if (encoding && options.ports.length === 0) {
    return plainText(400, 'query parameter "port" is required\n');
  }
  const [stream, ours] = duplexPair();
  closeOnAbort(ours, request.signal);
  const connection = new WebSocketConnection(ours, 'server');
  if (encoding) void serveChannelForwards(connection, encoding, options);
  else void serveSpdyForwards(tunnel(connection), options);
  return { headers: answer.headers, stream };
}

function closeOnAbort(stream: ByteDuplex, signal: AbortSignal | undefined): void {
  if (signal?.aborted) stream.close();
  else signal?.addEventListener('abort', () => stream.close(), { once: true });
}
