import type { Clock } from '#base/clock.ts';
import type { Upgraded, UpgradeRequest } from '#kube/streaming/upgrade.ts';
import { isWebSocketRequest } from '#kube/streaming/websocket/handshake.ts';
import type { CommandKind, RunCommand, WantedStreams } from './command.ts';
import { serveSpdyCommand } from './spdy-server.ts';
import { serveWebSocketCommand } from './websocket-server.ts';

export interface RemoteCommandOptions {
  kind: CommandKind;
  wanted: WantedStreams;
  run: RunCommand;
  /** The reader's: a client is not to wait for a cluster that is held. */
  clock: Clock;
}

/** Serves exec or attach in whichever of upstream's protocols the client offers. */
export function serveRemoteCommand(
  request: UpgradeRequest,
  { kind, wanted, run, clock }: RemoteCommandOptions,
): Upgraded | Response {
  const { signal } = request;
  const serve = isWebSocketRequest(request) ? serveWebSocketCommand : serveSpdyCommand;
  return serve(request, wanted, run, { kind, clock, ...(signal && { signal }) });
}
