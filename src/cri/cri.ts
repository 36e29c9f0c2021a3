import type { ConnectRouter } from '@connectrpc/connect';
import { RuntimeService } from '#kube/cri/api_pb.ts';
import type { FetchHandler, UpgradeHandler } from '#kube/streaming/upgrade.ts';
import { ContainerEvents } from './container-events.ts';
import { CriContext, type CriOptions } from './context.ts';
import { recoverRecords } from './recover.ts';
import { runtimeCalls } from './runtime-service.ts';
import { withScriptedRuntime } from './scripted/with-scripted-runtime.ts';
import { StreamingServer } from './streaming/streaming-server.ts';
import { withWireErrors } from './wire-errors.ts';

/** The CRI shim: a runtime service for one node. */
export interface Cri {
  /** Registers the services, for a router transport or a real listener. */
  routes(router: ConnectRouter): void;
  /** Behind the URLs that Exec, Attach and PortForward give. */
  readonly streaming: { readonly fetch: FetchHandler; readonly upgrade: UpgradeHandler };
  /** Directories of images' layers that sandboxes and containers stand on. */
  layersInUse(): readonly string[];
  /** Leaves everything on the node as it is, for another life of the service. */
  close(): void;
}

/** Takes up what an earlier life of it left on the node. */
export async function createCri(options: CriOptions): Promise<Cri> {
  const context = new CriContext(options, new ContainerEvents());
  const leave = () => {
    for (const { task } of [...context.sandboxes.list(), ...context.containers.list()]) {
      task?.release();
    }
  };
  await recoverRecords(context).catch((error: unknown) => {
    leave();
    throw error;
  });
  const url = options.streamingUrl ?? new URL('http://127.0.0.1/');
  const streaming = new StreamingServer(context, options.protocols, url);
  const calls = runtimeCalls(context, streaming);
  const { scripted } = options;
  const runtime = withWireErrors(scripted ? withScriptedRuntime(calls, scripted) : calls);
  return {
    routes: (router) => {
      router.service(RuntimeService, runtime);
    },
    streaming: { fetch: streaming.fetch, upgrade: streaming.upgrade },
    layersInUse: () => [
      ...context.sandboxes.list().flatMap(({ layers }) => layers),
      ...context.containers.list().flatMap(({ rootfs }) => rootfs.layers),
    ],
    close: leave,
  };
}
