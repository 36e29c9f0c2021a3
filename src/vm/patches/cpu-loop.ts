import type { V86Main } from '#vm/v86-internals.ts';
import { type ImmediateScheduler, createImmediateScheduler } from './immediate.ts';

export interface CpuLoopHooks {
  /** Runs after every slice, with the CPU standing still. */
  afterSlice: () => void;
  /** The emulator threw: a wasm trap, or a device's bug. The loop has ended. */
  onFailure: (error: unknown) => void;
}

/**
 * Calls the CPU, slice by slice (1 ms or more each, cpu.rs:81), in place of v86's own `yield`:
 *
 * - v86 in a browser starts a nested `blob:` worker as its timer, which a strict content security
 *   policy forbids; the machine then never ticks.
 * - v86 has no say when a slice throws: the loop ends, `is_running()` stays true and `stop()`
 *   never returns. Here a throw is a failure that somebody hears.
 * - v86 sleeps up to a millisecond short and then spins until the timer is due. Long sleeps are
 *   rounded up here: with the PIT, an idle guest's is 27 ms and the spinning half of its cost.
 *
 * A raised interrupt still ends a sleep at once: v86 calls `next_tick(0)` (cpu.rs, stop_idling).
 */
export class CpuLoop {
  #main: V86Main | undefined;
  readonly #hooks: CpuLoopHooks;
  readonly #immediate: ImmediateScheduler;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #immediatePending = false;
  #tick = 0;
  #running = false;
  #inSlice = false;
  #slices = 0;

  constructor(
    main: V86Main,
    hooks: CpuLoopHooks,
    createImmediate: (callback: () => void) => ImmediateScheduler = createImmediateScheduler,
  ) {
    this.#main = main;
    this.#hooks = hooks;
    this.#immediate = createImmediate(() => {
      this.#immediatePending = false;
      this.#slice();
    });
    main.unregister_yield();
    main.register_yield = main.unregister_yield = () => undefined;
    main.yield = (milliseconds, tick) => {
      this.#schedule(milliseconds, tick);
    };
  }

  /** True while the CPU is below us on the stack: its state is not consistent then. */
  get inSlice(): boolean {
    return this.#inSlice;
  }

  /** Slices run so far. */
  get slices(): number {
    return this.#slices;
  }

  start(): void {
    if (this.#running || !this.#main) return;
    this.#running = true;
    if (this.#main.running) this.#main.next_tick(0);
    else this.#main.run();
  }

  /** No slice starts after this; one that is under way ends first. */
  stop(): void {
    this.#running = false;
    this.#cancelTimer();
  }

  /** Stops for good and lets go of what keeps the event loop alive. */
  close(): void {
    this.stop();
    this.#main = undefined;
    this.#immediate.close();
  }

  #schedule(milliseconds: number, tick: number): void {
    this.#tick = tick;
    if (!this.#running) return;
    this.#cancelTimer();
    if (milliseconds < shortestSleep) {
      // One message may stand for several wishes: interrupts raised in a row each ask for a slice.
      if (this.#immediatePending) return;
      this.#immediatePending = true;
      this.#immediate.request();
    } else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#slice();
      }, timerDelay(milliseconds));
    }
  }

  #slice(): void {
    if (!this.#running || !this.#main) return;
    this.#slices++;
    this.#inSlice = true;
    try {
      this.#main.yield_callback(this.#tick);
    } catch (error) {
      this.#inSlice = false;
      this.close();
      this.#hooks.onFailure(error);
      return;
    }
    this.#inSlice = false;
    this.#hooks.afterSlice();
  }

  #cancelTimer(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Milliseconds. Below it the CPU is called again at once, over and over until its timer is due. */
const shortestSleep = 1;
/** Milliseconds. Longer sleeps may end up to one too late: nobody times anything by them. */
const preciseBelow = 5;

/** Timers take whole milliseconds. */
function timerDelay(milliseconds: number): number {
  return milliseconds < preciseBelow ? Math.floor(milliseconds) : Math.ceil(milliseconds);
}
