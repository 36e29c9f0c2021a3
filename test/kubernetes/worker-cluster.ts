import { BytePort } from '#base/byte-port.ts';
import { readAllBytes } from '#base/byte-stream.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import { LinuxNode } from '#cluster/linux-node.ts';
import { nodeService } from '#cluster/node-service.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { emulatorOnDisk } from '#host/emulator-wasm.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { machinesInThreads } from '#host/machines-in-threads.ts';
import type { KubeClient } from '#kube/client/client.ts';
import { resources } from '#kube/resources.ts';
import type { Pod } from '#kube/types.ts';
import type { CheckpointSummary, NodeApi } from '#rpc/contracts.ts';
import { shell } from '../machine/node.ts';

/** A node with its Kubernetes in this thread, as a worker has them. */
export class WorkerCluster {
  readonly node: LinuxNode;
  readonly cluster: NodeCluster;
  readonly api: NodeApi;

  constructor(clock: Clock = systemClock) {
    const assets = new GuestAssets(new DirectoryAssets(guestDirectory()));
    this.node = new LinuxNode({ assets, emulator: emulatorOnDisk, clock, hostname: 'node-1' });
    this.cluster = new NodeCluster(this.node, {
      registry: new SiteRegistry(assets),
      virtualMachines: machinesInThreads(assets),
      nodeName: 'node-1',
      onError: () => undefined,
    });
    this.api = nodeService(this.node, this.cluster, clock);
  }

  async client(): Promise<KubeClient> {
    return (await this.cluster.kubernetesToCome()).clientFor('test');
  }

  sh(command: string): Promise<string> {
    return shell(this.node.running, command);
  }

  /** The pod as soon as it is so. */
  async pod(name: string, is: (pod: Pod) => boolean): Promise<Pod> {
    const over = new AbortController();
    const pods = (await this.client()).watch(resources.pods, {
      namespace: 'default',
      fieldSelector: `metadata.name=${name}`,
      signal: over.signal,
    });
    for await (const { object } of pods) {
      if (!is(object)) continue;
      over.abort();
      return object;
    }
    throw new Error(`The watch of ${name} has ended.`);
  }

  async save(): Promise<Uint8Array> {
    const { near, far } = BytePort.pair();
    const saved = this.api.saveCheckpoint(far);
    const [bytes] = await Promise.all([readAllBytes(near.incoming), saved]);
    return bytes;
  }

  open(bytes: Uint8Array): Promise<CheckpointSummary> {
    const { near, far } = BytePort.pair();
    const opened = this.api.openCheckpoint(far);
    near.outgoing.write(bytes).then(
      () => near.outgoing.end(),
      // What the far side refused of it, the call says.
      () => undefined,
    );
    return opened;
  }
}
