import { expose } from 'comlink';
import wasmUrl from 'v86/build/v86.wasm?url';
import { systemClock } from '#base/clock.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { NodeCluster } from '#cluster/kubernetes/node-cluster.ts';
import { LinuxNode } from '#cluster/linux-node.ts';
import { nodeService } from '#cluster/node-service.ts';
import { SiteRegistry } from '#cluster/site-registry.ts';
import { podMachines } from '#cluster/virtual-machines/pod-machines.ts';
import { connectVmm } from '#rpc/connect.ts';
import type { NodeApi } from '#rpc/contracts.ts';
import { installErrorTransfer } from '#rpc/errors.ts';
import { holdLifeLock } from '#rpc/life-lock.ts';
import { holdBuildLock } from './build-lock.ts';
import { EmulatorCode } from './emulator-code.ts';
import { SiteAssets } from './site-assets.ts';
import { keepOnlyThisBuild } from './tidy-cache.ts';

installErrorTransfer();
const guest = new URL(__GUEST_BASE__, import.meta.url);
const site = new SiteAssets(guest, __GUEST_MANIFEST_SHA256__, systemClock);
const assets = new GuestAssets(site);
const emulator = new EmulatorCode(
  new URL(wasmUrl, import.meta.url),
  __EMULATOR_FILE__,
  systemClock,
);
const node = new LinuxNode({
  assets,
  emulator,
  clock: systemClock,
  hostname: 'node-1',
});
holdBuildLock(guest, __GUEST_MANIFEST_SHA256__);
const registry = new SiteRegistry(assets);
keepOnlyThisBuild(node, assets, registry, site, systemClock);
const cluster = new NodeCluster(node, {
  registry,
  virtualMachines: podMachines({ assets, emulator, connect: connectVmm }),
  nodeName: 'node-1',
  onError: (error) => console.warn(error.message, error.cause),
});
const service = nodeService(node, cluster, systemClock);
const alive = holdLifeLock(self.name);
expose({
  ...service,
  // The page's first call: when it is answered, the lock is held.
  watchStatus: async (listener) => {
    await alive;
    return service.watchStatus(listener);
  },
} satisfies NodeApi);
