import { expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { Deferred } from '#base/deferred.ts';
import type { SandglassError } from '#base/errors.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { Kubernetes } from '#cluster/kubernetes/kubernetes.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import { resources } from '#kube/resources.ts';
import { shell, startNode } from '../machine/node.ts';
import { nodeName, until } from './test-cluster.ts';

it('a kubelet that cannot start is started again, and says so, until what kept it from starting is gone', async () => {
  const node = await startNode();
  const complaint = new Deferred<SandglassError>();
  try {
    await shell(
      node.running,
      'mkdir -p /var/lib/kubelet; rm -rf /var/lib/kubelet/pods; echo > /var/lib/kubelet/pods',
    );
    const kubernetes = await Kubernetes.prepare({
      agent: node.running.agent,
      registry: new SiteRegistry(new GuestAssets(new DirectoryAssets(guestDirectory()))),
      clock: systemClock,
      nodeName,
      onError: (error) => complaint.resolve(error),
    });
    kubernetes.run();
    const { message } = await complaint.promise;
    expect(message).toMatch(
      /^The kubelet stopped: .*\/var\/lib\/kubelet\/pods.* It is started again in 1 s\.$/,
    );
    await shell(node.running, 'rm /var/lib/kubelet/pods');
    await until('the node to be Ready', async () => {
      const { items } = await kubernetes.clientFor('test').list(resources.nodes);
      return items[0]?.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      );
    });
    await kubernetes.stop();
  } finally {
    node.stop();
  }
});
