import { systemClock } from '#base/clock.ts';
import { GuestAssets } from '#cluster/guest-assets.ts';
import { LinuxNode } from '#cluster/linux-node.ts';
import { DirectoryAssets } from './directory-assets.ts';
import { loadEmulatorWasm } from './emulator-wasm.ts';
import { guestDirectory } from './guest-directory.ts';

let wasm: Promise<WebAssembly.Module> | undefined;

/** A node in this thread, from the built images; not started yet. Benchmarks and tests use it. */
export function nodeInProcess(): LinuxNode {
  wasm ??= loadEmulatorWasm();
  return new LinuxNode({
    assets: new GuestAssets(new DirectoryAssets(guestDirectory())),
    wasm,
    clock: systemClock,
    hostname: 'node-1',
  });
}
