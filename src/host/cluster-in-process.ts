import { GuestAssets } from '#cluster/guest-assets.ts';
import { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import { type LinuxNode } from '#cluster/linux-node.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { DirectoryAssets } from './directory-assets.ts';
import { guestDirectory } from './guest-directory.ts';
import { machinesInThreads } from './machines-in-threads.ts';
import { nodeInProcess } from './node-in-process.ts';

/** A node in this thread with its cluster, from the built images; not started yet. */
export function clusterInProcess(): { node: LinuxNode; cluster: NodeCluster } {
  const source = new DirectoryAssets(guestDirectory());
  const assets = new GuestAssets(source);
  const node = nodeInProcess(source);
  const cluster = new NodeCluster(node, {
    registry: new SiteRegistry(assets),
    virtualMachines: machinesInThreads(assets),
    nodeName: 'node-1',
    onError: (error) => console.warn(error.message, error.cause),
  });
  return { node, cluster };
}
