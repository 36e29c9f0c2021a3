import { expect } from 'vitest';
import type { LessonCode, Scene, Verdict } from '#lessons/code.ts';
import { type Lesson, type Step, checksOf } from '#lessons/lesson.ts';
import { LessonRun } from '#lessons/run/lesson-run.ts';
import { until } from '../kubernetes/until.ts';
import { codeOf } from './course.ts';
import { HeadlessStage } from './headless-stage.ts';

export interface PlayOptions {
  /** Whether every step is reset and done twice, or the last one only. */
  resets: 'every step' | 'last step';
}

/**
 * Plays a lesson without a page: in each step a check does not pass before its solution, all pass after it, and going
 * back to the step's beginning has one that does not pass again.
 */
export async function playLesson(lesson: Lesson, { resets }: PlayOptions): Promise<void> {
  const stage = new HeadlessStage();
  const code = await codeOf(lesson);
  const run = new LessonRun({ lesson, loadCode: () => Promise.resolve(code), stage });
  try {
    await run.restart();
    const player = new Player(stage, run, code);
    for (const step of lesson.steps) {
      run.enter(step);
      await player.play(step);
      if (resets !== 'every step' && step !== lesson.steps.at(-1)) continue;
      await run.resetStep();
      await player.play(step);
    }
  } finally {
    run.dispose();
    stage.dispose();
  }
}

class Player {
  readonly #stage: HeadlessStage;
  readonly #run: LessonRun;
  readonly #code: LessonCode;

  constructor(stage: HeadlessStage, run: LessonRun, code: LessonCode) {
    this.#stage = stage;
    this.#run = run;
    this.#code = code;
  }

  async play(step: Step): Promise<void> {
    this.#holds(step);
    if (checksOf(step).length === 0) {
      await this.#solve(step);
      return;
    }
    const before = await this.#verdicts(step);
    expect(
      Object.values(before).every((verdict) => verdict === true),
      `before its solution, the checks of ${step.slug} gave ${JSON.stringify(before)}`,
    ).toBe(false);
    await this.#solve(step);
    await until(
      `the checks of ${step.slug}`,
      () => this.#run.state.checks.every(({ passed }) => passed),
      () => ({ checks: this.#run.state.checks, screen: this.#stage.screen.slice(-2000) }),
    );
    this.#holds(step);
  }

  async #solve(step: Step): Promise<void> {
    await this.#run.runSolution();
    this.#holds(step);
  }

  /** The lesson goes on as it should: no mistake in a check, no solution that failed. */
  #holds(step: Step): void {
    const { phase, failure } = this.#run.state;
    expect(
      { phase, failure: failure?.message },
      `${step.slug}: ${this.#stage.screen.slice(-2000)}`,
    ).toEqual({ phase: 'ready', failure: undefined });
  }

  async #verdicts(step: Step): Promise<Record<string, Verdict>> {
    const { signal } = new AbortController();
    const { scene } = this.#stage;
    const since = scene.tracePosition();
    const view: Scene = {
      ...scene.now(),
      trace: scene.traceAfter(since),
      run: (command) => this.#stage.run(command, signal),
    };
    const checks = Object.entries(this.#code.checks[step.slug] ?? {});
    const verdicts = checks.map(async ([id, check]) => [id, await check(view)] as const);
    return Object.fromEntries(await Promise.all(verdicts));
  }
}
