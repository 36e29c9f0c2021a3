import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Plugin } from 'vite';
import { raiseJitThreshold } from '../src/vm/patches/jit-threshold.ts';

/** Puts v86.wasm as it is patched in the place of upstream's, and builds its size and digest into the page (`__EMULATOR_FILE__`). */
export function emulatorPlugin(): Plugin {
  return {
    name: 'sandglass-emulator',
    config(config) {
      const upstream = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
      const wasm = raiseJitThreshold(readFileSync(upstream));
      const sha256 = createHash('sha256').update(wasm).digest('hex');
      const file = path.resolve(config.root ?? '.', 'node_modules/.cache/sandglass/v86.wasm');
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, wasm);
      return {
        define: { __EMULATOR_FILE__: JSON.stringify({ bytes: wasm.length, sha256 }) },
        resolve: { alias: [{ find: /^v86\/build\/v86\.wasm(?=\?|$)/, replacement: file }] },
      };
    },
  };
}
