import type { FetchHandler, UpgradeHandler } from '#kube/streaming/upgrade.ts';

/** A kubelet's own server: logs, exec, attach, port-forward, stats. */
export interface KubeletServer {
  fetch: FetchHandler;
  upgrade: UpgradeHandler;
}

/** The server of a node's kubelet; `undefined` while none answers. */
export type KubeletConnector = (nodeName: string) => KubeletServer | undefined;
