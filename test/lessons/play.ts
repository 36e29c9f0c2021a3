import { expect } from 'vitest';
import type { LessonCode, Scene, Verdict } from '#lessons/code.ts';
import { type Lesson, type Step, checksOf } from '#lessons/lesson.ts';
import { LessonRun } from '#lessons/run/lesson-run.ts';
import { until } from '../kubernetes/until.ts';
import { codeOf } from './course.ts';
import { HeadlessStage } from './headless-stage.ts';

export interface PlayOptions {
  /** Which step is reset and done twice. */
  reset: 'second step' | 'last step';
}

/**
 * Plays a lesson without a page: in each step no check passes before its solution, and each has words for what is
 * missing; all pass after it; and going back to the step's beginning brings that beginning again.
 */
export async function playLesson(lesson: Lesson, { reset }: PlayOptions): Promise<void> {
  const stage = new HeadlessStage();
  const code = await codeOf(lesson);
  const run = new LessonRun({ lesson, loadCode: () => Promise.resolve(code), stage });
  const again = lesson.steps.at(reset === 'second step' ? 1 : -1);
  try {
    await run.restart();
    const player = new Player(stage, run, code);
    for (const step of lesson.steps) {
      run.enter(step);
      await player.play(step);
      if (step !== again) continue;
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
    await this.#begins(step);
    await this.#solve(step);
    await until(
      `the checks of ${step.slug}`,
      () => this.#run.state.checks.every(({ passed }) => passed),
      () => ({ checks: this.#run.state.checks, screen: this.#stage.screen.slice(-2000) }),
    );
    this.#holds(step);
  }

  /** Nothing of the step is done yet, and each check says what is missing in words that the step has. */
  async #begins(step: Step): Promise<void> {
    const verdicts = await this.#verdicts(step);
    for (const { id, missing } of checksOf(step)) {
      const verdict = verdicts[id];
      const reason = typeof verdict === 'object' ? verdict.reason : verdict;
      expect(
        Object.keys(missing),
        `before the solution of ${step.slug}, ${id} gave ${JSON.stringify(verdict)}`,
      ).toContain(reason);
    }
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

  async #verdicts(step: Step): Promise<Readonly<Record<string, Verdict>>> {
    const { signal } = new AbortController();
    const { scene } = this.#stage;
    const since = scene.tracePosition();
    const view: Scene = {
      ...scene.now(),
      trace: scene.traceAfter(since),
      passed: [],
      run: (command) => this.#stage.run(command, signal),
    };
    const checks = Object.entries(this.#code.checks[step.slug] ?? {});
    const verdicts = checks.map(async ([id, check]) => [id, await check(view)] as const);
    return Object.fromEntries(await Promise.all(verdicts));
  }
}
