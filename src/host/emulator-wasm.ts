import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** v86.wasm, compiled once for all the machines of a process. */
export async function loadEmulatorWasm(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
  return WebAssembly.compile(await readFile(file));
}
