import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { V86Main } from '#vm/v86-internals.ts';
import { CpuLoop } from './cpu-loop.ts';

const unscheduled = () => {
  throw new Error('Nobody has replaced yield.');
};

/** v86's main object, whose CPU sleeps as told and does as told. */
function fakeMain(sleep: () => number, work: () => void = () => undefined) {
  const main = {
    running: false,
    tick_counter: 0,
    run: () => {
      main.running = true;
      main.next_tick(0);
    },
    yield: unscheduled as V86Main['yield'],
    next_tick: (milliseconds: number) => {
      main.yield(milliseconds, ++main.tick_counter);
    },
    yield_callback: (tick: number) => {
      if (tick !== main.tick_counter) return;
      work();
      main.next_tick(sleep());
    },
    register_yield: () => undefined,
    unregister_yield: () => undefined,
  };
  return main;
}

let requests = 0;
let fireImmediate: () => void = () => undefined;

function start(main: ReturnType<typeof fakeMain>) {
  const slices: number[] = [];
  const failures: unknown[] = [];
  requests = 0;
  const hooks = {
    afterSlice: () => slices.push(performance.now()),
    onFailure: (error: unknown) => failures.push(error),
  };
  const loop = new CpuLoop(main as unknown as V86Main, hooks, (callback) => {
    fireImmediate = callback;
    return { request: () => requests++, close: () => undefined };
  });
  loop.start();
  return { loop, slices, failures };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('CpuLoop', () => {
  it('calls a busy CPU again at once, a sleeping one when it is due', () => {
    let sleep = 0;
    const { slices } = start(fakeMain(() => sleep));
    expect(requests).toBe(1);
    fireImmediate();
    expect(requests).toBe(2);
    sleep = 26.3;
    fireImmediate();
    expect(requests).toBe(2);
    vi.advanceTimersByTime(26);
    // v86 would be called now, early, and again and again until the rest of a millisecond is over.
    expect(slices).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(slices).toHaveLength(3);
  });

  it('wakes at once when an interrupt is raised', () => {
    const main = fakeMain(() => 100);
    const { slices } = start(main);
    fireImmediate();
    expect(requests).toBe(1);
    // What v86 does in stop_idling; several devices at once are one call.
    main.next_tick(0);
    main.next_tick(0);
    expect(requests).toBe(2);
    fireImmediate();
    expect(slices).toHaveLength(2);
  });

  it('reports what the CPU throws, and has ended then', () => {
    const main = fakeMain(
      () => 0,
      () => {
        throw new WebAssembly.RuntimeError('unreachable');
      },
    );
    const { loop, failures, slices } = start(main);
    fireImmediate();
    expect(failures).toHaveLength(1);
    expect(slices).toHaveLength(0);
    expect(loop.inSlice).toBe(false);
    const before = requests;
    loop.start();
    expect(requests).toBe(before);
  });

  it('stands still between stop and start, however it is woken', () => {
    const main = fakeMain(() => 10);
    const { loop, slices } = start(main);
    fireImmediate();
    loop.stop();
    main.next_tick(0);
    fireImmediate();
    vi.advanceTimersByTime(1000);
    expect(slices).toHaveLength(1);
    loop.start();
    fireImmediate();
    expect(slices).toHaveLength(2);
  });

  it('ends the slice that closes it', () => {
    const closing: { loop?: CpuLoop } = {};
    const main = fakeMain(
      () => 0,
      () => closing.loop?.close(),
    );
    const { loop, slices } = start(main);
    closing.loop = loop;
    fireImmediate();
    fireImmediate();
    expect(slices).toHaveLength(1);
  });
});
