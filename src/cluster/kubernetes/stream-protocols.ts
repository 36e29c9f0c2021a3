import type { Clock } from '#base/clock.ts';
import type { StreamProtocols } from '#cri/streaming/ports.ts';
import { servePortForward } from '#kube/streaming/portforward/serve.ts';
import { serveRemoteCommand } from '#kube/streaming/remotecommand/serve.ts';

/** What upstream's clients speak to the CRI's streaming server. The clock is the reader's: clients do not stop with the cluster. */
export function streamProtocols(clock: Clock): StreamProtocols {
  return {
    command: (request, command) =>
      Promise.resolve(serveRemoteCommand(request, { ...command, clock })),
    portForward: (request, ports) =>
      Promise.resolve(servePortForward(request, { ...ports, clock })),
  };
}
