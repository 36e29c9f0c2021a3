import { systemClock } from '#base/clock.ts';
import { type AssetSource, GuestAssets } from '#cluster/guest-assets.ts';
import { LinuxNode } from '#cluster/linux-node.ts';
import { DirectoryAssets } from './directory-assets.ts';
import { emulatorOnDisk } from './emulator-wasm.ts';
import { guestDirectory } from './guest-directory.ts';

/** A node in this thread, from the built images unless told otherwise; not started yet. Benchmarks and tests use it. */
export function nodeInProcess(
  source: AssetSource = new DirectoryAssets(guestDirectory()),
  hostname = 'node-1',
): LinuxNode {
  return new LinuxNode({
    assets: new GuestAssets(source),
    emulator: emulatorOnDisk,
    clock: systemClock,
    hostname,
  });
}
