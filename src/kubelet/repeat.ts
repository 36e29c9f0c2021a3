import { type Clock, sleep } from '#base/clock.ts';

/** A wait that can be cut short, and that ends quietly when the signal fires. */
export class Pause {
  #end: (() => void) | undefined;

  /** Ends the wait under way, if there is one. */
  cutShort(): void {
    this.#end?.();
  }

  async wait(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const early = new AbortController();
    this.#end = () => {
      early.abort();
    };
    try {
      await sleep(clock, milliseconds, AbortSignal.any([signal, early.signal]));
    } catch (error) {
      if (!isOver(signal) && !isOver(early.signal)) throw error;
    } finally {
      this.#end = undefined;
    }
  }
}

/** Runs again and again with a pause between, until the signal fires. What a run throws goes to `onError`. */
export async function repeat(
  options: {
    clock: Clock;
    period: number;
    signal: AbortSignal;
    onError: (error: unknown) => void;
    pause?: Pause;
    /** The pause comes before the first run. */
    pauseFirst?: boolean;
  },
  run: () => Promise<void>,
): Promise<void> {
  const { clock, period, signal, onError, pause = new Pause() } = options;
  if (options.pauseFirst) await pause.wait(clock, period, signal);
  while (!isOver(signal)) {
    try {
      await run();
    } catch (error) {
      if (isOver(signal)) return;
      onError(error);
    }
    await pause.wait(clock, period, signal);
  }
}

/** In a function, because the compiler takes the property for constant between two awaits. */
export function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}
