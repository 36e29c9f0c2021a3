import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import type { LessonCode, Scene } from '#lessons/code.ts';
import { type Lesson, type Step, checksOf } from '#lessons/lesson.ts';
import type { Stage } from '#lessons/ports.ts';
import { CheckRunner, type CheckState } from './check-runner.ts';
import { readerOn } from './reader.ts';

/** `preparing`: the machine begins, or goes back. `failed` can be tried again by `restart`. */
export type LessonPhase = 'preparing' | 'ready' | 'failed';

export interface LessonState {
  phase: LessonPhase;
  step: Step;
  checks: readonly CheckState[];
  /** Whether the step's solution runs. */
  solving: boolean;
  /** Why the lesson failed, or the last check or solution. */
  failure: SandglassError | undefined;
}

export interface LessonRunOptions {
  lesson: Lesson;
  code: LessonCode;
  stage: Stage;
  /** The slug of the step that the reader begins at; the first without it. */
  step?: string | undefined;
}

/**
 * One reader's way through a lesson on a stage: from its known state, step by step, with the checks of the step where
 * the reader is. What the machine does between is the reader's.
 */
export class LessonRun {
  readonly changed = new Emitter<LessonState>();
  readonly #lesson: Lesson;
  readonly #code: LessonCode;
  readonly #stage: Stage;
  #state: LessonState;
  #checks: CheckRunner | undefined;
  /** What stands in the editors, by file. */
  readonly #texts = new Map<string, string>();
  /** Steps whose editors have been filled; what the reader changed there stays. */
  readonly #filled = new Set<Step>();
  /** Of what prepares, goes back or solves now: each takes the place of the one before. */
  #work = new AbortController();

  constructor({ lesson, code, stage, step }: LessonRunOptions) {
    const first = lesson.steps.find(({ slug }) => slug === step) ?? lesson.steps[0];
    if (!first) throw new SandglassError('internal', 'The lesson has no steps.');
    this.#lesson = lesson;
    this.#code = code;
    this.#stage = stage;
    this.#state = {
      phase: 'preparing',
      step: first,
      checks: [],
      solving: false,
      failure: undefined,
    };
  }

  get state(): LessonState {
    return this.#state;
  }

  /** Brings the lesson's files to a machine that has just begun from its snapshot. */
  begin(): Promise<void> {
    return this.#prepare(async (signal) => {
      await this.#writeFiles(signal);
    });
  }

  /** Begins again from the snapshot, at the first step or where the reader is. */
  restart(step: Step = this.#lesson.steps[0] ?? this.#state.step): Promise<void> {
    this.#set({ step });
    return this.#prepare((signal) => this.#beginAnew(signal));
  }

  /** Goes to a step; the machine stays as it is. */
  enter(step: Step): void {
    if (this.#state.phase !== 'ready') this.#set({ step });
    else this.#watch(step);
  }

  /** The reader has changed a text in its editor. */
  edit(file: string, text: string): void {
    this.#texts.set(file, text);
  }

  /** Writes what stands in an editor to the node. Rejects with what the node says. */
  async save(file: string): Promise<void> {
    await this.#stage.writeFile(file, this.#texts.get(file) ?? '', this.#work.signal);
  }

  /**
   * Puts the machine back to where this step begins: begins anew, and does the steps before it as their solutions do.
   * To keep the machine at every step instead would stop it for seconds each time, and take 10 MB.
   */
  resetStep(): Promise<void> {
    const { step } = this.#state;
    return this.#prepare(async (signal) => {
      await this.#beginAnew(signal);
      for (const before of this.#lesson.steps.slice(0, this.#lesson.steps.indexOf(step))) {
        await this.#solve(before, signal);
      }
    });
  }

  /** Does the step as a reader would. What fails is the state's failure. */
  async runSolution(): Promise<void> {
    const { signal } = this.#takeOver();
    this.#set({ solving: true, failure: undefined });
    try {
      await this.#solve(this.#state.step, signal);
    } catch (error) {
      if (!signal.aborted) this.#set({ failure: asSandglassError(error) });
    } finally {
      if (!signal.aborted) this.#set({ solving: false });
    }
  }

  /** Ends a solution that runs; what it has done stays. */
  stopSolution(): void {
    if (!this.#state.solving) return;
    this.#takeOver();
    this.#set({ solving: false });
  }

  /** The machine is gone, without the lesson's doing. */
  lose(failure: SandglassError): void {
    this.#takeOver();
    this.#checks?.dispose();
    this.#set({ phase: 'failed', solving: false, failure });
  }

  dispose(): void {
    this.#takeOver();
    this.#checks?.dispose();
    this.changed.clear();
  }

  async #prepare(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#takeOver();
    this.#checks?.dispose();
    this.#set({ phase: 'preparing', solving: false, failure: undefined });
    try {
      await work(signal);
      throwIfCancelled(signal);
      this.#set({ phase: 'ready' });
      this.#watch(this.#state.step);
    } catch (error) {
      if (!signal.aborted) this.#set({ phase: 'failed', failure: asSandglassError(error) });
    }
  }

  async #beginAnew(signal: AbortSignal): Promise<void> {
    await this.#stage.runOn();
    await this.#stage.restart(this.#lesson.needs, signal);
    await this.#writeFiles(signal);
  }

  /** The lesson's files, and the first text of each that a step has an editor for. */
  async #writeFiles(signal: AbortSignal): Promise<void> {
    this.#filled.clear();
    const texts = new Map(Object.entries(this.#code.files));
    for (const [name, text] of this.#lesson.steps.flatMap(textsOf)) {
      if (!texts.has(name)) texts.set(name, text);
    }
    for (const [name, text] of texts) await this.#stage.writeFile(name, text, signal);
  }

  /** Puts a step's texts into their editors, the first time that the reader is there. */
  #fill(step: Step): void {
    if (this.#filled.has(step)) return;
    this.#filled.add(step);
    for (const [file, text] of textsOf(step)) this.#show(file, text);
  }

  #show(file: string, text: string): void {
    this.#texts.set(file, text);
    this.#stage.showText(file, text);
  }

  async #solve(step: Step, signal: AbortSignal): Promise<void> {
    this.#fill(step);
    const since = this.#stage.scene.tracePosition();
    const scene = (): Scene => ({
      ...this.#stage.scene.now(),
      trace: this.#stage.scene.traceAfter(since),
      run: (command) => this.#stage.run(command, signal),
    });
    const editors = {
      show: (file: string, text: string) => this.#show(file, text),
      text: (file: string) => this.#texts.get(file) ?? '',
    };
    const hasPassed = (check: string) => this.#hasPassed(step, check, scene);
    const reader = readerOn({ stage: this.#stage, editors, scene, hasPassed, signal });
    await this.#code.solutions[step.slug]?.(reader);
  }

  /** Of the step where the reader is, what the list shows counts; another's checks are asked for it. */
  async #hasPassed(step: Step, check: string, scene: () => Scene): Promise<boolean> {
    const { phase, step: current, checks } = this.#state;
    if (phase === 'ready' && current === step) {
      return checks.some(({ id, passed }) => id === check && passed);
    }
    return (await this.#code.checks[step.slug]?.[check]?.(scene())) === true;
  }

  #watch(step: Step): void {
    this.#checks?.dispose();
    this.#fill(step);
    const { stage, code } = { stage: this.#stage, code: this.#code };
    const checks = new CheckRunner({
      words: checksOf(step),
      checks: code.checks[step.slug] ?? {},
      scene: stage.scene,
      since: stage.scene.tracePosition(),
      run: (command, signal) => stage.run(command, signal),
      clock: stage.clock,
      onChange: (states) => this.#set({ checks: states }),
      onError: (failure) => this.#set({ failure }),
    });
    this.#checks = checks;
    this.#set({ step, checks: checks.states, failure: undefined });
  }

  #takeOver(): AbortController {
    this.#work.abort();
    this.#work = new AbortController();
    return this.#work;
  }

  #set(change: Partial<LessonState>): void {
    this.#state = { ...this.#state, ...change };
    this.changed.emit(this.#state);
  }
}

/** The texts that a step has editors for, with their files. */
function textsOf({ blocks }: Step): [file: string, text: string][] {
  return blocks.flatMap((block): [string, string][] =>
    block.kind === 'manifest' || block.kind === 'script' ? [[block.file, block.text]] : [],
  );
}
