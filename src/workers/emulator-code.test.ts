import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '#base/clock.ts';
import { EmulatorCode } from './emulator-code.ts';

/** The smallest module: magic and version. */
const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const url = new URL('https://example.org/v86.wasm');

let answers: (() => Response)[];
/** How each fetch treats the browser's HTTP cache. */
let fetches: (RequestCache | undefined)[];

beforeEach(() => {
  fetches = [];
  vi.stubGlobal('fetch', (_url: string, { cache }: RequestInit) => {
    fetches.push(cache);
    return Promise.resolve((answers.shift() ?? expect.fail('One fetch too many.'))());
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const answer =
  (bytes: Uint8Array, type = 'application/wasm') =>
  () =>
    new Response(bytes as BodyInit, { headers: { 'Content-Type': type } });

const sha256 = createHash('sha256').update(module).digest('hex');

const code = () => new EmulatorCode(url, { bytes: module.length, sha256 }, new ManualClock());

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
      expect(fetches).toEqual(['default']);
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

  it.each([
    ['is no WebAssembly', new TextEncoder().encode('<!doctype html>')],
    // Compiles, with an empty section of its own.
    ['is another module', Uint8Array.of(...module, 0, 1, 0)],
  ])('that %s is fetched once more, past every cache', async (_what, damaged) => {
    answers = [answer(damaged), answer(module)];
    const counts: number[] = [];
    const loaded = await code().load(({ loadedBytes }) => counts.push(loadedBytes));
    expect(loaded).toBeInstanceOf(WebAssembly.Module);
    expect(fetches).toEqual(['default', 'reload']);
    expect(counts).toEqual([0, damaged.length, 0, module.length]);
  });

  it('that is damaged each time is said so', async () => {
    const damaged = answer(Uint8Array.of(...module, 0, 1, 0));
    answers = [damaged, damaged];
    await expect(code().load(() => undefined)).rejects.toMatchObject({
      code: 'data-loss',
      message: expect.stringMatching(/^The emulator arrived damaged: its SHA-256 is /) as string,
    });
  });

  it('that the browser cannot compile is not said to be damaged', async () => {
    answers = [answer(module)];
    vi.spyOn(WebAssembly, 'compileStreaming').mockRejectedValue(new WebAssembly.CompileError('no'));
    await expect(code().load(() => undefined)).rejects.toMatchObject({
      code: 'failed-precondition',
    });
  });
});
