import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseManifest } from '#cluster/guest-manifest.ts';
import type { BootImages } from '#vm/kernel-image.ts';

const directory = process.env['SANDGLASS_GUEST'] ?? path.resolve('public/guest');

/** By their names in the manifest; without one, the directory is of loose files. */
const names = {
  kernel: { asset: 'node-kernel', file: 'bzimage' },
  initramfs: { asset: 'node-initramfs', file: 'initrd.gz' },
  bios: { asset: 'bios', file: 'bios.bin' },
  vgaBios: { asset: 'vga-bios', file: 'vgabios.bin' },
};

/** The guest under test: what images/ built into public/guest, or the directory in SANDGLASS_GUEST. */
export async function loadImages(): Promise<BootImages> {
  const manifestFile = path.join(directory, 'manifest.json');
  const manifest = existsSync(manifestFile)
    ? parseManifest(await readFile(manifestFile, 'utf8'))
    : undefined;
  const read = async ({ asset, file }: { asset: string; file: string }) => {
    const listed = manifest?.assets.find(({ name }) => name === asset)?.path;
    if (manifest && listed === undefined) throw new Error(`${manifestFile} lists no ${asset}.`);
    return new Uint8Array(await readFile(path.join(directory, listed ?? file)));
  };
  const [kernel, initramfs, bios, vgaBios] = await Promise.all([
    read(names.kernel),
    read(names.initramfs),
    read(names.bios),
    read(names.vgaBios),
  ]);
  return { kernel, initramfs, bios, vgaBios };
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** v86.wasm, compiled once a process. */
export function loadWasm(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
  compiled ??= readFile(file).then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}
