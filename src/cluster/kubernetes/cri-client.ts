import { type ConnectRouter, type Interceptor, createRouterTransport } from '@connectrpc/connect';
import { type CriClients, criClients } from '#kube/cri/client.ts';

/** The services of the CRI, and who sees each call of them: what a router transport or a real listener is made of. */
export interface CriService {
  routes: (router: ConnectRouter) => void;
  interceptors: Interceptor[];
}

/** The CRI by its generated client, in this thread. */
export function criClientsOf({ routes, interceptors }: CriService): CriClients {
  return criClients(createRouterTransport(routes, { transport: { interceptors } }));
}
