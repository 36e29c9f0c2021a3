import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertKnownEmulator, emulatorVersion } from './known-emulator.ts';
import type { V86Main } from './v86-internals.ts';

describe('the emulator', () => {
  it('is the version that the patches were written for', () => {
    const library = createRequire(import.meta.url).resolve('v86');
    const manifest = path.join(path.dirname(library), '../package.json');
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(`v86 ${version}`).toBe(emulatorVersion);
  });

  it('is refused when its internals are others', () => {
    const other = { run: () => undefined, cpu: { in_hlt: [0] } } as unknown as V86Main;
    expect(() => {
      assertKnownEmulator(other);
    }).toThrow(/not v86 .*: .* init, restore_state.*cpu\.read16.*cpu\.wasm_memory/);
  });
});
