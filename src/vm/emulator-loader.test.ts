import { describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '#base/clock.ts';
import { loadEmulator, withoutNestedWorker } from './emulator-loader.ts';
import { nodeProfile } from './profiles.ts';

/** A module that is nothing: it instantiates and exports none of what v86 needs. */
const emptyModule = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
/** (module (import "env" "no such thing" (func))) */
const wantingModule = new WebAssembly.Module(
  Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0],
    ...[2, 9, 1, 3, 0x65, 0x6e, 0x76, 1, 0x78, 0, 0],
  ),
);

function load(wasm: WebAssembly.Module, more: { clock?: ManualClock; signal?: AbortSignal } = {}) {
  return loadEmulator({
    profile: nodeProfile,
    wasm,
    handle9p: () => undefined,
    clock: systemClock,
    deadline: 1000,
    ...more,
  });
}

describe('loadEmulator', () => {
  it('rejects when the module cannot be instantiated', async () => {
    await expect(load(wantingModule)).rejects.toMatchObject({
      code: 'internal',
      message: 'The emulator could not be instantiated.',
    });
  });

  it('rejects when v86 throws on the way', async () => {
    await expect(load(emptyModule)).rejects.toMatchObject({ code: 'internal' });
  });

  it('gives up when told to', async () => {
    const abort = new AbortController();
    const loading = load(emptyModule, { signal: abort.signal });
    abort.abort();
    await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
    await expect(load(emptyModule, { signal: abort.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

describe('withoutNestedWorker', () => {
  it('keeps v86 from starting a worker, and only while it is at it', () => {
    const Original = function () {
      throw new Error('started');
    };
    const scope = globalThis as { Worker?: unknown };
    const before = scope.Worker;
    scope.Worker = Original;
    try {
      withoutNestedWorker(() => new (scope.Worker as new (url: string) => unknown)('blob:x'));
      expect(scope.Worker).toBe(Original);
      expect(() => {
        withoutNestedWorker(() => {
          throw new Error('mine');
        });
      }).toThrow('mine');
      expect(scope.Worker).toBe(Original);
    } finally {
      if (before === undefined) delete scope.Worker;
      else scope.Worker = before;
    }
  });
});
