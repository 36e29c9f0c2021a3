import type { Clock } from '#base/clock.ts';
import type { StreamProtocols } from '#cri/streaming/ports.ts';
import { servePortForward } from '#kube/streaming/portforward/serve.ts';
import { serveRemoteCommand } from '#kube/streaming/remotecommand/serve.ts';

/** What upstream's clients speak to the CRI's streaming server. */
export function streamProtocols(clock: Clock): StreamProtocols {
  return {
    command: (request, wanted, run) =>
      Promise.resolve(serveRemoteCommand(request, { kind: 'exec', wanted, run, clock })),
    portForward: (request, connect) =>
      Promise.resolve(servePortForward(request, { pod: 'the pod', ports: [], connect, clock })),
  };
}
