import { parentPort, workerData } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { systemClock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import { LinuxNode } from '#cluster/linux-node.ts';
import { nodeService } from '#cluster/node-service.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import type { NodeApi } from '#rpc/contracts.ts';
import { installErrorTransfer } from '#rpc/errors.ts';
import { DirectoryAssets } from './directory-assets.ts';
import { emulatorOnDisk } from './emulator-wasm.ts';

/** What connect-thread.ts starts this thread with. */
export interface NodeThreadData {
  guestDirectory: string;
}

if (!parentPort) throw new SandglassError('failed-precondition', 'This runs in a worker thread.');
installErrorTransfer();
const { guestDirectory } = workerData as NodeThreadData;
const assets = new GuestAssets(new DirectoryAssets(guestDirectory));
const node = new LinuxNode({
  assets,
  emulator: emulatorOnDisk,
  clock: systemClock,
  hostname: 'node-1',
});
const cluster = new NodeCluster(node, {
  registry: new SiteRegistry(assets),
  clock: systemClock,
  nodeName: 'node-1',
  onError: (error) => console.warn(error.message, error.cause),
});
expose(nodeService(node, cluster, systemClock) satisfies NodeApi, nodeEndpoint(parentPort));
