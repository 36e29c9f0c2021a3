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
import type { HeadlessApi } from '#rpc/contracts.ts';
import { installErrorTransfer } from '#rpc/errors.ts';
import { ClientDoors } from './client-doors.ts';
import { DirectoryAssets } from './directory-assets.ts';
import { emulatorOnDisk } from './emulator-wasm.ts';
import { headlessService } from './headless-service.ts';
import './listener-limit.ts';
import { machinesInThreads } from './machines-in-threads.ts';

/** What connect-thread.ts starts this thread with. */
export interface NodeThreadData {
  guestDirectory: string;
  /** Whether a kubelet runs the node's pods, or the CRI is left to its clients. */
  kubelet: boolean;
}

if (!parentPort) throw new SandglassError('failed-precondition', 'This runs in a worker thread.');
installErrorTransfer();
const { guestDirectory, kubelet } = workerData as NodeThreadData;
const nodeName = 'node-1';
const onError = (error: SandglassError) => console.warn(error.message, error.cause);
const assets = new GuestAssets(new DirectoryAssets(guestDirectory));
const node = new LinuxNode({
  assets,
  emulator: emulatorOnDisk,
  clock: systemClock,
  hostname: nodeName,
});
const doors = new ClientDoors(node, onError);
const cluster = new NodeCluster(node, {
  registry: new SiteRegistry(assets),
  virtualMachines: machinesInThreads(assets),
  nodeName,
  kubelet,
  streamingUrl: () => doors.streamingUrl,
  onError,
});
doors.follow(cluster);
// Whoever starts a node here has come for its cluster; a page shows a prompt first.
cluster.start();
const service = nodeService(node, cluster, systemClock);
const api: HeadlessApi = headlessService({ service, cluster, doors, nodeName, kubelet });
expose(api, nodeEndpoint(parentPort));
