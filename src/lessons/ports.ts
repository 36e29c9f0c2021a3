import type { Unsubscribe } from '#base/emitter.ts';
import type { Clock } from '#base/clock.ts';
import type { TracePosition } from '#rpc/contracts.ts';
import type { CommandResult } from '#rpc/node-calls.ts';
import type { Scene } from './code.ts';
import type { LessonNeeds } from './lesson.ts';

/** Where a lesson's files are, and where a login shell of the node begins. */
export const readersDirectory = '/root';

/** The terminal of a lesson, as whoever sits before it has it. */
export interface ReaderShell {
  /** Resolves when the shell waits at its prompt. */
  atPrompt(signal: AbortSignal): Promise<void>;
  /**
   * Types a line at the prompt, in the place of what stands there, and presses Enter. Resolves with the exit code when
   * the shell is at its prompt again; lines that come meanwhile wait.
   */
  run(line: string, signal: AbortSignal): Promise<number>;
  /** The same, and resolves when it is typed. */
  begin(line: string, signal: AbortSignal): Promise<void>;
  /** Types what is no line: control characters, input of a program. */
  type(text: string): void;
}

/** What of a scene the machine and its cluster say. */
export type Standing = Omit<Scene, 'trace' | 'passed' | 'run'>;

/** What the checks see, kept up to date by whoever watches the machine. */
export interface SceneSource {
  /** How things stand; the trace is given by `traceAfter`. */
  now(): Standing;
  /** Where the trace is now: with the machine it begins anew. */
  tracePosition(): TracePosition;
  /** What came after a position; all of a trace that has begun since. */
  traceAfter(position: TracePosition): Scene['trace'];
  /** Tells of each change. */
  listen(listener: () => void): Unsubscribe;
}

/** Where a lesson takes place: a page, or a node without one. */
export interface Stage {
  readonly clock: Clock;
  readonly shell: ReaderShell;
  readonly scene: SceneSource;
  /** Runs a command line on the node where no reader sees it. */
  run(command: string, signal: AbortSignal): Promise<CommandResult>;
  /** Writes a file into the reader's directory on the node; a script can be executed. */
  writeFile(name: string, text: string, signal: AbortSignal): Promise<void>;
  /** Shows a text in a manifest's or script's editor. */
  showText(file: string, text: string): void;
  breakOn(points: readonly string[]): Promise<void>;
  step(): Promise<void>;
  proceed(): Promise<void>;
  runOn(): Promise<void>;
  /** Waits for the machine that runs, or begins now, and for its prompt; with `cluster` for its Kubernetes too. */
  ready(needs: LessonNeeds, signal: AbortSignal): Promise<void>;
  /** Begins anew from the node's snapshot, with nothing held at any point, and waits until it is ready. */
  restart(needs: LessonNeeds, signal: AbortSignal): Promise<void>;
}
