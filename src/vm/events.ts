import type { SandglassError } from '#base/errors.ts';

/**
 * - `starting`: loaded, no instruction run yet
 * - `halted`: the guest switched itself off, reset itself, or stopped its only CPU for good
 * - `crashed`: the guest's kernel panicked or the emulator failed
 */
export type MachineState = 'starting' | 'running' | 'paused' | 'halted' | 'crashed' | 'disposed';

export type MachineEvent =
  | { type: 'state'; state: MachineState; previous: MachineState }
  /** "Kernel panic - not syncing: …" on the console; with the console's last lines. */
  | { type: 'guest-panic'; message: string; lastLines: string[] }
  /** HLT with interrupts off: nothing can wake the CPU. How Linux powers off without ACPI. */
  | { type: 'cpu-halted' }
  /** The guest pulled the reset line. A direct kernel boot cannot be repeated in place. */
  | { type: 'guest-reset' }
  /** A callback of ours threw. It was contained, and the machine runs on. */
  | { type: 'listener-failed'; source: string; error: SandglassError }
  /** The 9P handler failed, or answered wrongly; the guest was told EIO. */
  | { type: 'ninep-failed'; tag: number; error: SandglassError }
  /** WebAssembly refused a compiled block; the guest goes on, slower. */
  | { type: 'jit-failed'; error: SandglassError }
  /** The emulator threw. The machine has stopped. */
  | { type: 'emulator-failed'; error: SandglassError };

/** Reports a failure of a callback, with whose it was. Never throws. */
export type ReportFailure = (source: string, error: unknown) => void;

/**
 * A callback that may be handed to v86: an exception in one ends v86's loop for good, silently
 * (`is_running()` stays true, `stop()` never returns), so it must not get there.
 */
export function contained<Arguments extends unknown[]>(
  source: string,
  report: ReportFailure,
  callback: (...args: Arguments) => void,
): (...args: Arguments) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (error) {
      report(source, error);
    }
  };
}
