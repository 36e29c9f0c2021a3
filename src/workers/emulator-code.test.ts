import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { EmulatorCode } from './emulator-code.ts';

/** The smallest module: magic and version. */
const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const url = new URL('https://example.org/v86.wasm');

let answers: (() => Response)[];
let fetches: number;

beforeEach(() => {
  fetches = 0;
  vi.stubGlobal('fetch', () => {
    fetches += 1;
    return Promise.resolve((answers.shift() ?? expect.fail('One fetch too many.'))());
  });
});
afterEach(() => vi.unstubAllGlobals());

const answer =
  (bytes: Uint8Array, type = 'application/wasm') =>
  () =>
    new Response(bytes as BodyInit, { headers: { 'Content-Type': type } });

const code = () => new EmulatorCode(url, module.length, new ManualClock());

describe('the emulator’s code', () => {
  it.each(['application/wasm', 'application/octet-stream'])(
    'is compiled as %s, counted, and shared by all starts',
    async (type) => {
      answers = [answer(module, type)];
      const emulator = code();
      const counts: number[][] = [[], []];
      const load = (which: number) =>
        emulator.load(({ loadedBytes }) => counts[which]?.push(loadedBytes));
      const first = await load(0);
      expect(first).toBeInstanceOf(WebAssembly.Module);
      expect(await load(1)).toBe(first);
      expect(counts).toEqual([[0, 8], [8]]);
      expect(fetches).toBe(1);
    },
  );

  it('is fetched again after a failure, which is said in words', async () => {
    answers = [() => new Response('', { status: 503 }), answer(module)];
    const emulator = code();
    await expect(emulator.load(() => undefined)).rejects.toMatchObject({
      code: 'unavailable',
      message: "Could not fetch the emulator: the site's host answered 503.",
    });
    expect(await emulator.load(() => undefined)).toBeInstanceOf(WebAssembly.Module);
  });

  it('is counted from its start when it is fetched again', async () => {
    let end: (error: Error) => void = () => undefined;
    const half = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(module.subarray(0, 4));
        end = (error) => {
          controller.error(error);
        };
      },
    });
    answers = [() => new Response(half), answer(module)];
    const emulator = code();
    const broken = emulator.load(({ loadedBytes }) => {
      if (loadedBytes === 4) end(new TypeError('The network is gone.'));
    });
    await expect(broken).rejects.toThrow('after 4 of 8 bytes');
    const counts: number[] = [];
    await emulator.load(({ loadedBytes }) => counts.push(loadedBytes));
    expect(counts).toEqual([0, 8]);
  });

  it('that is no WebAssembly is damaged', async () => {
    answers = [answer(new TextEncoder().encode('<!doctype html>'))];
    await expect(code().load(() => undefined)).rejects.toMatchObject({ code: 'data-loss' });
  });
});
