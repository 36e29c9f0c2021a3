import { GuestAssets } from '#cluster/guest-assets.ts';
import { DirectoryAssets } from '#host/directory-assets.ts';
import { guestDirectory } from '#host/guest-directory.ts';
import type { BootImages } from '#vm/kernel-image.ts';

export { loadEmulatorWasm as loadWasm } from '#host/emulator-wasm.ts';

/** The guest under test, as images/ built it. */
export async function loadImages(): Promise<BootImages> {
  const assets = new GuestAssets(new DirectoryAssets(guestDirectory()));
  const image = async (name: string) =>
    assets.fetchVerified(await assets.find(name), () => undefined);
  const [kernel, initramfs, bios, vgaBios] = await Promise.all([
    image('node-kernel'),
    image('node-initramfs'),
    image('bios'),
    image('vga-bios'),
  ]);
  return { kernel, initramfs, firmware: { bios, vgaBios } };
}
