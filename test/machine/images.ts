import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { BootImages } from '#vm/kernel-image.ts';

/**
 * The guest under test: the directory in SANDGLASS_GUEST (bzimage, initrd.gz, bios.bin,
 * vgabios.bin), else what images/ built into public/guest.
 */
export async function loadImages(): Promise<BootImages> {
  const directory = process.env['SANDGLASS_GUEST'] ?? path.resolve('public/guest');
  const read = async (...names: string[]) => {
    const name = names.find((candidate) => existsSync(path.join(directory, candidate)));
    if (!name) throw new Error(`${directory} has none of ${names.join(', ')}.`);
    return new Uint8Array(await readFile(path.join(directory, name)));
  };
  return {
    kernel: await read('bzimage'),
    initramfs: await read('initrd.gz'),
    bios: await read('bios.bin'),
    vgaBios: await read('vgabios.bin'),
  };
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** v86.wasm, compiled once a process. */
export function loadWasm(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
  compiled ??= readFile(file).then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}
