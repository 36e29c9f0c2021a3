import type { ConnectPort } from '#kube/streaming/portforward/forward.ts';
import type {
  CommandKind,
  RunCommand,
  WantedStreams,
} from '#kube/streaming/remotecommand/command.ts';
import type { UpgradeRequest, Upgraded } from '#kube/streaming/upgrade.ts';

export interface ServedCommand {
  kind: CommandKind;
  wanted: WantedStreams;
  run: RunCommand;
}

export interface ServedPorts {
  /** The sandbox's ID, as errors name it. */
  pod: string;
  /** Those that the call named. */
  ports: readonly number[];
  connect: ConnectPort;
}

/** What upstream's clients speak over an upgraded connection (WebSocket channels, SPDY/3.1). */
export interface StreamProtocols {
  command(request: UpgradeRequest, command: ServedCommand): Promise<Upgraded | Response>;
  portForward(request: UpgradeRequest, ports: ServedPorts): Promise<Upgraded | Response>;
}
