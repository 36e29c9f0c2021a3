import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { EmulatorSource } from '#cluster/node-images.ts';
import { raiseJitThreshold } from '#vm/patches/jit-threshold.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/** v86.wasm, compiled once for all the machines of a process. */
export function loadEmulatorWasm(): Promise<WebAssembly.Module> {
  compiled ??= compile();
  return compiled;
}

/** It is read from this disk, which leaves no progress to tell. */
export const emulatorOnDisk: EmulatorSource = { bytes: 0, load: loadEmulatorWasm };

async function compile(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
  return WebAssembly.compile(raiseJitThreshold(await readFile(file)));
}
