import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { escapeHtml } from '#base/escape-html.ts';
import type { Check, Scene, Verdict } from '#lessons/code.ts';
import type { CheckWords } from '#lessons/lesson.ts';
import type { SceneSource } from '#lessons/ports.ts';
import type { TracePosition } from '#rpc/contracts.ts';
import type { CommandResult } from '#rpc/node-calls.ts';

/** Milliseconds between two rounds of checks: while something happens, and while nothing does. */
const pace = { busy: 250, idle: 1000 } as const;

/** Checks look at the machine by running commands on it: of its time they take no more than a fifth. */
const restPerWork = 4;

/** Milliseconds for one check; a machine that is busy answers late. */
const limit = 60_000;

/** How far the reader has come with one check. */
export interface CheckState {
  id: string;
  html: string;
  passed: boolean;
  /** What is still missing, where the check says; HTML. */
  missingHtml: string | undefined;
}

export interface CheckRunnerOptions {
  /** Where the checks are written, for whoever has to mend one. */
  place: string;
  words: readonly CheckWords[];
  checks: Readonly<Record<string, Check>>;
  scene: SceneSource;
  /** Of the trace, what came before the step. */
  since: TracePosition;
  /** How far the reader had come with them before; none at first. */
  states?: readonly CheckState[];
  run: (command: string, signal: AbortSignal) => Promise<CommandResult>;
  clock: Clock;
  onChange: (states: readonly CheckState[]) => void;
  /** A check that threw or never answered, of a mistake in the lesson or for the machine; none when it answers again. */
  onFailure: (failure: SandglassError | undefined) => void;
}

/** Asks the checks of a step again and again, until each has been true once or the runner is disposed of. */
export class CheckRunner {
  readonly #options: CheckRunnerOptions;
  readonly #abort = new AbortController();
  readonly #stopListening: () => void;
  #states: readonly CheckState[];
  #cancelTimer: () => void = () => undefined;
  #asking = false;
  /** How often the scene has changed, and how often it had when it was last looked at. */
  #changes = 0;
  #seen = 0;
  /** When the next round may begin, by the clock. */
  #restUntil = 0;
  /** The check whose failure was told last, until it answers. */
  #failed: string | undefined;

  constructor(options: CheckRunnerOptions) {
    this.#options = options;
    this.#states = options.words.map(({ id, html }) => {
      if (!Object.hasOwn(options.checks, id)) {
        throw new SandglassError('internal', `The step has no check called ${id}.`);
      }
      const before = options.states?.find((state) => state.id === id);
      return before ?? { id, html, passed: false, missingHtml: undefined };
    });
    this.#stopListening = options.scene.listen(() => this.#soon());
    this.#schedule(0);
  }

  get states(): readonly CheckState[] {
    return this.#states;
  }

  get allPassed(): boolean {
    return this.#states.every(({ passed }) => passed);
  }

  dispose(): void {
    this.#abort.abort();
    this.#stopListening();
    this.#cancelTimer();
  }

  /** Something has happened: the round that is due when nothing does comes earlier. */
  #soon(): void {
    const first = this.#changes++ === this.#seen;
    if (first && !this.#asking)
      this.#schedule(Math.max(pace.busy, this.#restUntil - this.#options.clock.now()));
  }

  #schedule(milliseconds: number): void {
    this.#cancelTimer();
    if (this.#abort.signal.aborted || this.allPassed) return;
    this.#cancelTimer = this.#options.clock.schedule(milliseconds, () => void this.#ask());
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#seen = this.#changes;
    const { clock } = this.#options;
    const begin = clock.now();
    const scene = this.#scene();
    for (const { id, passed } of this.#states) {
      if (passed || this.#abort.signal.aborted) continue;
      await this.#askOne(id, scene);
    }
    this.#asking = false;
    const end = clock.now();
    this.#restUntil = end + (end - begin) * restPerWork;
    const usual = this.#changes === this.#seen ? pace.idle : pace.busy;
    this.#schedule(Math.max(usual, this.#restUntil - end));
  }

  async #askOne(id: string, scene: Scene): Promise<void> {
    const { checks, clock } = this.#options;
    const { signal } = this.#abort;
    const check = checks[id];
    if (!check) return;
    try {
      const answer = Promise.resolve(check(scene));
      const words = `The check ${id} gave no answer for ${limit / 1000} seconds.`;
      this.#take(id, await withDeadline(answer, clock, limit, words, signal));
    } catch (error) {
      if (!signal.aborted) this.#fail(id, asSandglassError(error));
      return;
    }
    this.#fail(id, undefined);
  }

  /** Tells of the latest failure, until the check that had it answers. */
  #fail(id: string, error: SandglassError | undefined): void {
    if (!error && this.#failed !== id) return;
    this.#failed = error && id;
    this.#options.onFailure(error);
  }

  #take(id: string, verdict: Verdict): void {
    const { place, words, onChange } = this.#options;
    const missing = words.find((each) => each.id === id)?.missing ?? {};
    const missingHtml = verdict === true ? undefined : inWords(`${place}: ${id}`, verdict, missing);
    const before = this.#states.find((each) => each.id === id);
    if (before?.passed === (verdict === true) && before.missingHtml === missingHtml) return;
    this.#states = this.#states.map((state) =>
      state.id === id ? { ...state, passed: verdict === true, missingHtml } : state,
    );
    onChange(this.#states);
  }

  #scene(): Scene {
    const { scene, since, run } = this.#options;
    const { signal } = this.#abort;
    const answers = new Map<string, Promise<CommandResult>>();
    return {
      ...scene.now(),
      trace: scene.traceAfter(since),
      passed: this.#states.filter(({ passed }) => passed).map(({ id }) => id),
      run: (command) => {
        const answer = answers.get(command) ?? run(command, signal);
        answers.set(command, answer);
        return answer;
      },
    };
  }
}

function inWords(
  check: string,
  verdict: Exclude<Verdict, true>,
  missing: Readonly<Record<string, string>>,
): string {
  const { reason, values } =
    typeof verdict === 'string' ? { reason: verdict, values: {} } : verdict;
  const html = Object.hasOwn(missing, reason) ? missing[reason] : undefined;
  if (html === undefined) {
    throw new SandglassError(
      'internal',
      `${check} gives the reason ${reason}, for which the step has no words.`,
    );
  }
  return html.replaceAll(/\{([a-z]+)\}/g, (whole, name: string) => {
    const value = (values as Record<string, string>)[name];
    return value === undefined ? whole : escapeHtml(value);
  });
}
