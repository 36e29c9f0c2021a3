import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { type SnapshotOptions, defaultSnapshotDeadline } from './machine-options.ts';
import type { QuietMoments } from './quiet-moment.ts';
import type { Json, SnapshotFacts } from './snapshot-file.ts';

/** A machine's state as v86 saves it, and what of the machine is not in it. */
export interface SavedState {
  facts: SnapshotFacts;
  state: Uint8Array;
}

/** What the saving of a machine must know of it, each for the moment of the call. */
export interface SavedMachine {
  clock: Clock;
  quietMoments: QuietMoments;
  /** Throws for a machine that cannot be saved any more. */
  state: () => 'running' | 'paused';
  /** The CPU is below us on the stack. */
  inSlice: () => boolean;
  isIdle: () => boolean;
  /** What a device is in the middle of, in words. */
  devicesBusyWith: () => string | undefined;
  save: (extra: Json) => SavedState;
}

/**
 * Saves a machine at a moment when its CPU is idle, or may compute since the idle deadline has passed, and no device
 * is in the middle of something. Rejects with `deadline-exceeded` and what kept it, with `failed-precondition` if it
 * is paused and busy.
 */
export async function saveWhenQuiet(
  machine: SavedMachine,
  options: SnapshotOptions,
): Promise<SavedState> {
  const { clock, quietMoments } = machine;
  const { idleDeadline = Infinity } = options;
  const begin = clock.now();
  const attempt = () => {
    const mayCompute = clock.now() - begin >= idleDeadline;
    return busyWith(machine, options, mayCompute)
      ? undefined
      : machine.save(options.extra?.() ?? null);
  };
  const saved = machine.inSlice() ? undefined : attempt();
  if (saved) return saved;
  if (machine.state() === 'paused') {
    throw new SandglassError('failed-precondition', 'The machine was paused while it was busy.');
  }
  return quietMoments.wait(
    attempt,
    clock,
    options.deadline ?? defaultSnapshotDeadline,
    () => {
      const last = busyWith(machine, options, idleDeadline !== Infinity) ?? 'it was busy';
      return `The machine did not come to rest for a snapshot: ${last}.`;
    },
    options.signal,
  );
}

/** What keeps the machine from being saved now, in words. */
function busyWith(
  machine: SavedMachine,
  options: SnapshotOptions,
  mayCompute: boolean,
): string | undefined {
  machine.state();
  if (!machine.isIdle() && !mayCompute) return 'its CPU computes';
  if (options.quiet?.() === false) return 'a transfer is under way';
  return machine.devicesBusyWith();
}
