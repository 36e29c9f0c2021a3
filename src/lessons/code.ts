import type { HeldCall } from '#base/stepper.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import type { Event, Pod } from '#kube/types.ts';
import type { CommandResult } from '#rpc/node-calls.ts';

/**
 * What a check looks at: the state of the machine, of the API and the trace. What the reader typed is not in it.
 * Lists are as they are now, the trace from the beginning of the step on.
 */
export interface Scene {
  readonly pods: readonly Pod[];
  readonly events: readonly Event[];
  readonly held: readonly HeldCall[];
  readonly breakpoints: readonly string[];
  readonly trace: readonly TraceRecord[];
  /** The checks of the step that have passed: one that is about the end counts after those. */
  readonly passed: readonly string[];
  /** Runs a command line on the node, where no reader sees it; asked for several times at once, it runs once. */
  readonly run: (command: string) => Promise<CommandResult>;
}

/**
 * `true` for what is reached; else why it is not: a reason that the step's `:::checks` has words for, with values for
 * the `{name}`s in them.
 */
export type Verdict = true | string | { reason: string; values: Readonly<Record<string, string>> };

/** Has no effect on the machine: it is asked again and again until it is true, and then no more. */
export type Check = (scene: Scene) => Verdict | Promise<Verdict>;

/** What `checks.ts` exports: the checks of each step, by the step's slug and the check's name. */
export type LessonChecks = Readonly<Record<string, Readonly<Record<string, Check>>>>;

/** A reader's hands. Each call ends when what it did has had its effect, and rejects if the solution is stopped. */
export interface Reader {
  /** Types a command line into the lesson's terminal, and waits for its end. Resolves with the exit code. */
  readonly run: (command: string) => Promise<number>;
  /** Types a command line and does not wait: one that goes on, or that is held. */
  readonly begin: (command: string) => Promise<void>;
  /** Presses Ctrl+C in the terminal and waits for the prompt. */
  readonly interrupt: () => Promise<void>;
  /** Puts a text into a manifest or script of the lesson, as typed in its editor. */
  readonly write: (file: string, text: string) => Promise<void>;
  /** Presses Apply beside a manifest: writes it to the node and runs `kubectl apply -f` in the terminal. */
  readonly apply: (file: string) => Promise<number>;
  /** Chooses where to hold calls, in place of what was chosen before. */
  readonly breakOn: (...points: readonly string[]) => Promise<void>;
  /** Presses Step: what is held goes, and the next call of the same pod is held. */
  readonly step: () => Promise<void>;
  /** Presses Continue: what is held goes. */
  readonly proceed: () => Promise<void>;
  /** Lets all go and forgets what was chosen. */
  readonly runOn: () => Promise<void>;
  /** Looks at the list of checks until this one of the step has passed. */
  readonly passed: (check: string) => Promise<void>;
  /** What there is to be seen now: the trace from the beginning of the solution on. */
  readonly look: () => Scene;
  /** Waits until something is so. The words say what did not come, if it does not within the limit. */
  readonly until: (
    words: string,
    condition: (scene: Scene) => boolean | Promise<boolean>,
  ) => Promise<void>;
}

/** Does a step as a reader would, from where the step before left the lesson. */
export type Solution = (reader: Reader) => Promise<unknown>;

/** What `solution.ts` exports: by the steps' slugs. */
export type LessonSolutions = Readonly<Record<string, Solution>>;

/** What comes with a lesson's text: its checks, its solutions, and the files of the reader's directory by name. */
export interface LessonCode {
  checks: LessonChecks;
  solutions: LessonSolutions;
  files: Readonly<Record<string, string>>;
}
