import { Emitter } from '#base/emitter.ts';
import { SandglassError, asSandglassError, throwIfCancelled } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { LessonCode, Scene } from '#lessons/code.ts';
import { type Lesson, type Step, checksFileOf, checksOf } from '#lessons/lesson.ts';
import type { Stage } from '#lessons/ports.ts';
import type { TracePosition } from '#rpc/contracts.ts';
import { CheckRunner, type CheckState } from './check-runner.ts';
import { LessonTexts, textsOf } from './lesson-texts.ts';
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
  /** Fetches the lesson's checks, solutions and files; asked again after it has failed. */
  loadCode: () => Promise<LessonCode>;
  stage: Stage;
  /** The slug of the step that the reader begins at; the first without it. */
  step?: string | undefined;
}

/** What a step's checks have seen since the reader was first there on this machine. */
interface Seen {
  since: TracePosition;
  states: readonly CheckState[];
}

/**
 * One reader's way through a lesson on a stage: from its known state, step by step, with the checks of the step where
 * the reader is. What the machine does between is the reader's.
 */
export class LessonRun {
  readonly changed = new Emitter<LessonState>();
  readonly #lesson: Lesson;
  readonly #loadCode: () => Promise<LessonCode>;
  readonly #stage: Stage;
  readonly #texts: LessonTexts;
  #code: LessonCode | undefined;
  #state: LessonState;
  #checks: CheckRunner | undefined;
  readonly #seen = new Map<Step, Seen>();
  /** The failure that the state has of a check; a good answer takes it back. */
  #checkFailure: SandglassError | undefined;
  /** Of what prepares, goes back or solves now: each takes the place of the one before. */
  #work = new AbortController();

  constructor({ lesson, loadCode, stage, step }: LessonRunOptions) {
    this.#lesson = lesson;
    this.#loadCode = loadCode;
    this.#stage = stage;
    this.#texts = new LessonTexts((file, text) => stage.showText(file, text));
    this.#state = {
      phase: 'preparing',
      step: lesson.steps.find(({ slug }) => slug === step) ?? this.#first,
      checks: [],
      solving: false,
      failure: undefined,
    };
  }

  get state(): LessonState {
    return this.#state;
  }

  /** Waits for the machine that runs or begins, and brings the lesson's files to it. What the reader wrote stays. */
  begin(): Promise<void> {
    return this.#prepare(async (signal) => {
      await this.#stage.ready(this.#lesson.needs, signal);
      await this.#writeFiles(signal);
    });
  }

  /** Begins again from the snapshot, where the reader is. What the reader wrote stays. */
  beginAgain(): Promise<void> {
    return this.#prepare((signal) => this.#beginAnew(signal));
  }

  /** Begins again from the snapshot, at the first step, with every text as it was. */
  restart(): Promise<void> {
    this.#texts.forget();
    return this.#prepare((signal) => this.#beginAnew(signal), this.#first);
  }

  /**
   * Puts the machine back to where this step begins: begins anew, and does the steps before it as their solutions do.
   * To keep the machine at every step instead would stop it for seconds each time, and take 10 MB.
   */
  resetStep(): Promise<void> {
    const { step } = this.#state;
    this.#texts.forget();
    return this.#prepare(async (signal) => {
      await this.#beginAnew(signal);
      for (const before of this.#lesson.steps.slice(0, this.#lesson.steps.indexOf(step))) {
        await this.#solve(before, signal);
      }
    });
  }

  /** Goes to a step; the machine stays as it is. A solution that runs ends: it is of the step that was left. */
  enter(step: Step): void {
    this.stopSolution();
    this.#texts.fill(step);
    if (this.#state.phase === 'ready') this.#watch(step);
    else this.#set({ step, checks: [] });
  }

  /** The reader has changed a text in its editor. */
  edit(file: string, text: string): void {
    this.#texts.edit(this.#state.step, file, text);
  }

  /** Writes what stands in an editor to the node. Rejects with what the node says. */
  async save(file: string): Promise<void> {
    await this.#stage.writeFile(file, this.#texts.text(file), this.#work.signal);
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
    this.#set({ phase: 'failed', checks: [], solving: false, failure });
  }

  dispose(): void {
    this.#takeOver();
    this.#checks?.dispose();
    this.changed.clear();
  }

  get #first(): Step {
    const [first] = this.#lesson.steps;
    if (!first) throw new SandglassError('internal', 'The lesson has no steps.');
    return first;
  }

  async #prepare(
    work: (signal: AbortSignal) => Promise<void>,
    step: Step = this.#state.step,
  ): Promise<void> {
    const { signal } = this.#takeOver();
    this.#checks?.dispose();
    this.#seen.clear();
    this.#set({ phase: 'preparing', step, checks: [], solving: false, failure: undefined });
    try {
      this.#code ??= await untilAborted(this.#loadCode(), signal);
      await work(signal);
      throwIfCancelled(signal);
      this.#set({ phase: 'ready' });
      this.#texts.fill(this.#state.step);
      this.#watch(this.#state.step);
    } catch (error) {
      if (!signal.aborted) this.#set({ phase: 'failed', failure: asSandglassError(error) });
    }
  }

  async #beginAnew(signal: AbortSignal): Promise<void> {
    await this.#stage.restart(this.#lesson.needs, signal);
    await this.#writeFiles(signal);
  }

  /** The lesson's files, and the first text of each that a step has an editor for. */
  async #writeFiles(signal: AbortSignal): Promise<void> {
    const texts = new Map(Object.entries(this.#code?.files ?? {}));
    for (const [name, text] of this.#lesson.steps.flatMap(textsOf)) {
      if (!texts.has(name)) texts.set(name, text);
    }
    for (const [name, text] of texts) await this.#stage.writeFile(name, text, signal);
  }

  async #solve(step: Step, signal: AbortSignal): Promise<void> {
    this.#texts.fill(step);
    const since = this.#stage.scene.tracePosition();
    const passed = new Set<string>();
    const scene = (): Scene => ({
      ...this.#stage.scene.now(),
      trace: this.#stage.scene.traceAfter(since),
      passed: [...passed],
      run: (command) => this.#stage.run(command, signal),
    });
    const hasPassed = async (check: string) => {
      const answer = await this.#hasPassed(step, check, scene);
      if (answer) passed.add(check);
      return answer;
    };
    const { stage, editors } = { stage: this.#stage, editors: this.#texts };
    const reader = readerOn({ stage, editors, scene, hasPassed, signal });
    await this.#code?.solutions[step.slug]?.(reader);
  }

  /** Of the step where the reader is, what the list shows counts; another's checks are asked for it. */
  async #hasPassed(step: Step, check: string, scene: () => Scene): Promise<boolean> {
    const { phase, step: current, checks } = this.#state;
    if (phase === 'ready' && current === step) {
      return checks.some(({ id, passed }) => id === check && passed);
    }
    return (await this.#code?.checks[step.slug]?.[check]?.(scene())) === true;
  }

  /** Goes on with the checks of a step as the reader has left them there. */
  #watch(step: Step): void {
    this.#checks?.dispose();
    const stage = this.#stage;
    const seen = this.#seen.get(step) ?? { since: stage.scene.tracePosition(), states: [] };
    const checks = new CheckRunner({
      place: `${checksFileOf(this.#lesson)}, step ${step.slug}`,
      words: checksOf(step),
      checks: this.#code?.checks[step.slug] ?? {},
      scene: stage.scene,
      ...seen,
      run: (command, signal) => stage.run(command, signal),
      clock: stage.clock,
      onChange: (states) => {
        this.#seen.set(step, { ...seen, states });
        this.#set({ checks: states });
      },
      onFailure: (failure) => this.#takeCheckFailure(failure),
    });
    this.#checks = checks;
    this.#seen.set(step, { ...seen, states: checks.states });
    this.#set({ step, checks: checks.states, failure: undefined });
  }

  #takeCheckFailure(failure: SandglassError | undefined): void {
    if (failure || this.#state.failure === this.#checkFailure) this.#set({ failure });
    this.#checkFailure = failure;
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
