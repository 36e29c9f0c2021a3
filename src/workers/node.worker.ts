import { expose } from 'comlink';
import wasmUrl from 'v86/build/v86.wasm?url';
import { systemClock } from '#base/clock.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { LinuxNode } from '#cluster/linux-node.ts';
import { nodeService } from '#cluster/node-service.ts';
import type { NodeApi } from '#rpc/contracts.ts';
import { installErrorTransfer } from '#rpc/errors.ts';
import { holdLifeLock } from '#rpc/life-lock.ts';
import { compileEmulator } from './compile-emulator.ts';
import { SiteAssets } from './site-assets.ts';

installErrorTransfer();
const guest = new URL(__GUEST_BASE__, import.meta.url);
const node = new LinuxNode({
  assets: new GuestAssets(new SiteAssets(guest, __GUEST_MANIFEST_SHA256__)),
  wasm: compileEmulator(new URL(wasmUrl, import.meta.url)),
  clock: systemClock,
  hostname: 'node-1',
});
const service = nodeService(node, systemClock);
const alive = holdLifeLock(self.name);
expose({
  ...service,
  // The page's first call: when it is answered, the lock is held.
  watchStatus: async (listener) => {
    await alive;
    return service.watchStatus(listener);
  },
} satisfies NodeApi);
