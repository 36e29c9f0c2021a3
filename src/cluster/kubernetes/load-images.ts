import { BytePort } from '#base/byte-port.ts';
import { asSandglassError } from '#base/errors.ts';
import { formatTime } from '#kube/time.ts';
import type { NodeCluster } from './node-cluster.ts';

/** Makes the images of an archive the node's; the bytes come over the port, and its end tells the sender. */
export async function loadImages(cluster: NodeCluster, port: MessagePort): Promise<string[]> {
  const stream = new BytePort(port);
  try {
    const { images, signal, clock } = await cluster.kubernetesToCome();
    // As `ctr images import` calls what has a tag and no name.
    const repository = `import-${formatTime(clock.wallTime()).slice(0, 10)}`;
    const loaded = await images.importTar(stream.incoming, { repository, signal });
    stream.outgoing.end();
    return loaded.flatMap(({ id, references }) => (references.length > 0 ? references : [id]));
  } catch (thrown) {
    const error = asSandglassError(thrown);
    stream.fail(error);
    throw error;
  }
}
