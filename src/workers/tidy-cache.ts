import { type Clock, sleep } from '#base/clock.ts';
import type { GuestAssets } from '#cluster/guest-assets.ts';
import type { LinuxNode } from '#cluster/linux-node.ts';
import type { SiteRegistry } from '#cluster/site-registry.ts';
import type { SiteAssets } from './site-assets.ts';

/** Milliseconds after the first start in which the reader's first commands have the disk for themselves. */
const settling = 5_000;

/** Once the node runs and has settled, drops what older builds of the site left in the browser's cache. */
export function keepOnlyThisBuild(
  node: LinuxNode,
  assets: GuestAssets,
  registry: SiteRegistry,
  site: SiteAssets,
  clock: Clock,
): void {
  const stop = node.changes.listen(({ kind }) => {
    if (kind !== 'running') return;
    stop();
    const files = node.running.archive.files();
    const tidy = async () => {
      await sleep(clock, settling);
      const blobs = await registry.files();
      await site.keepOnly([...(await assets.manifest()).assets, ...files, ...blobs]);
    };
    tidy().catch((error: unknown) => {
      console.warn('Older copies were not dropped from the browser’s cache:', error);
    });
  });
}
