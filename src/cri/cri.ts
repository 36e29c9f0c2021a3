import type { ConnectRouter } from '@connectrpc/connect';
import { RuntimeService } from '#kube/cri/api_pb.ts';
import { ContainerEvents } from './container-events.ts';
import { CriContext, type CriOptions } from './context.ts';
import { recoverRecords } from './recover.ts';
import { runtimeCalls } from './runtime-service.ts';
import { withWireErrors } from './wire-errors.ts';

/** The CRI shim: a runtime service for one node. */
export interface Cri {
  /** Registers the services, for a router transport or a real listener. */
  routes(router: ConnectRouter): void;
}

/** Takes up what an earlier life of it left on the node. */
export async function createCri(options: CriOptions): Promise<Cri> {
  const context = new CriContext(options, new ContainerEvents());
  await recoverRecords(context);
  const runtime = withWireErrors(runtimeCalls(context));
  return {
    routes: (router) => {
      router.service(RuntimeService, runtime);
    },
  };
}
