import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { raiseJitThreshold } from './jit-threshold.ts';

describe('the raised JIT threshold', () => {
  it('is one constant of v86.wasm, and nothing else changes', async () => {
    const wasm = await readFile(createRequire(import.meta.url).resolve('v86/build/v86.wasm'));
    const patched = raiseJitThreshold(wasm);
    expect(patched).toHaveLength(wasm.length);
    const changed = [...patched.keys()].filter((at) => patched[at] !== wasm[at]);
    expect(changed).toHaveLength(2);
    const [first = 0] = changed;
    // LEB128 of i32.const; its first byte is that of both numbers.
    expect([...patched.subarray(first - 2, first + 2)]).toEqual([0x41, 0xc0, 0x84, 0x3d]);
    expect(WebAssembly.validate(patched)).toBe(true);
  });

  it('refuses what has no threshold, or what may have two', () => {
    expect(() => raiseJitThreshold(Uint8Array.of(0x41, 0xc0, 0x9a))).toThrow(/has 0 places/);
    const twice = Uint8Array.of(0x41, 0xc0, 0x9a, 0x0c, 0x41, 0xc0, 0x9a, 0x0c);
    expect(() => raiseJitThreshold(twice)).toThrow(/has 2 places/);
  });
});
