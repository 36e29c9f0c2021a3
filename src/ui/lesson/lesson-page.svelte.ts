import { SvelteMap } from 'svelte/reactivity';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { LessonCode } from '#lessons/code.ts';
import type { Lesson, Step } from '#lessons/lesson.ts';
import { LessonRun, type LessonState } from '#lessons/run/lesson-run.ts';
import type { Page } from '#ui/page.svelte.ts';
import { PageStage } from '#ui/state/page-stage.svelte.ts';
import type { Progress } from '#ui/state/progress.ts';
import type { XRayView } from '#ui/xray/views.ts';

export interface LessonPageOptions {
  page: Page;
  part: string;
  lesson: Lesson;
  progress: Progress;
  /** The lesson's checks, solutions and files. */
  loadCode: () => Promise<LessonCode>;
  /** The slug of the step to begin at. */
  step: string | undefined;
}

/** What runs of a command block, or how it ended. */
export type CommandState = { kind: 'running' } | { kind: 'ended'; code: number };

/** A lesson that is open in a page: where the reader is, what is done, and what the page can do for it. */
export class LessonPage {
  readonly page: Page;
  readonly lesson: Lesson;
  readonly #options: LessonPageOptions;
  readonly #stage: PageStage;
  readonly #abort = new AbortController();
  /** The texts of manifests and scripts, by file, where they are not the lesson's own. */
  readonly #texts = new SvelteMap<string, string>();
  readonly #done = $state<{ steps: readonly string[] }>({ steps: [] });
  /** Reactive: the step that is open. */
  #step: Step;
  #state = $state.raw<LessonState | undefined>();
  #failure = $state.raw<SandglassError | undefined>();
  #command = $state.raw<{ id: string; state: CommandState } | undefined>();
  /** The figure that the step asks for, or what the reader has chosen since. */
  view = $state.raw<XRayView>('time-line');
  /** The machine has not been through the steps before this one. */
  #behind = $state(false);
  #run: LessonRun | undefined;

  constructor(options: LessonPageOptions) {
    const { page, part, lesson, progress } = options;
    this.#options = options;
    this.page = page;
    this.lesson = lesson;
    this.#step = $state.raw(stepOf(lesson, options.step));
    this.#done.steps = progress.of(part, lesson.slug)?.done ?? [];
    this.#behind = this.#step !== lesson.steps[0];
    const { machine, cluster, tabs } = page;
    // The lesson's checks read it for as long as the page is there.
    cluster.trace.follow();
    this.#stage = new PageStage({
      machine,
      cluster,
      tabs,
      trace: cluster.trace,
      clock: page.clock,
      showText: (file, text) => this.#texts.set(file, text),
    });
    progress.open(part, lesson.slug, this.#step.slug);
    this.#showFigureOf(this.#step);
    machine.ended.listen((reason) => {
      // A restart or a reset is the lesson's own doing.
      if (this.#state?.phase === 'ready') {
        this.#run?.lose(new SandglassError('unavailable', reason));
      }
    });
    machine.statusChanged.listen(({ kind }) => {
      // The reader, or the guest itself, has started the machine again.
      if (kind === 'running' && this.failed) void this.#beginAgain();
    });
  }

  get step(): Step {
    return this.#step;
  }

  get index(): number {
    return this.lesson.steps.indexOf(this.#step);
  }

  get state(): LessonState | undefined {
    return this.#state;
  }

  /** Why the lesson cannot go on, or what a check or solution failed of. */
  get failure(): SandglassError | undefined {
    return this.#failure ?? this.#state?.failure;
  }

  /** The lesson has stopped; `begin` or `restart` gets it going. */
  get failed(): boolean {
    return this.#failure !== undefined || this.#state?.phase === 'failed';
  }

  get ready(): boolean {
    return this.#state?.phase === 'ready' && this.page.machine.running;
  }

  get behind(): boolean {
    return this.#behind && this.ready;
  }

  isDone({ slug }: Step): boolean {
    return this.#done.steps.includes(slug);
  }

  /** Whether what the step asks for is reached, or it asks for nothing. */
  get passed(): boolean {
    const checks = this.#state?.checks ?? [];
    const asked = this.#step.blocks.some(({ kind }) => kind === 'checks');
    return !asked || (checks.length > 0 && checks.every(({ passed }) => passed));
  }

  textOf(file: string, text: string): string {
    return this.#texts.get(file) ?? text;
  }

  edit(file: string, text: string): void {
    this.#texts.set(file, text);
    this.#run?.edit(file, text);
  }

  commandState(id: string): CommandState | undefined {
    return this.#command?.id === id ? this.#command.state : undefined;
  }

  get commandRuns(): boolean {
    return this.#command?.state.kind === 'running';
  }

  /** Waits for the machine and begins the lesson. What fails is the page's failure. */
  async begin(): Promise<void> {
    const { signal } = this.#abort;
    this.#failure = undefined;
    try {
      const [code] = await Promise.all([
        this.#options.loadCode(),
        this.#stage.ready(this.lesson.needs, signal),
      ]);
      if (signal.aborted) return;
      this.#run?.dispose();
      const run = new LessonRun({
        lesson: this.lesson,
        code,
        stage: this.#stage,
        step: this.#step.slug,
      });
      this.#run = run;
      run.changed.listen((state) => {
        this.#onState(state);
      });
      await run.begin();
    } catch (error) {
      if (!signal.aborted) this.#failure = asSandglassError(error);
    }
  }

  /** Goes to a step; the machine stays as it is. */
  enter(slug: string | undefined): void {
    const step = stepOf(this.lesson, slug);
    if (step === this.#step) return;
    const { part, progress } = this.#options;
    if (this.passed) this.#finish(this.#step);
    this.#step = step;
    this.#command = undefined;
    progress.open(part, this.lesson.slug, step.slug);
    this.#showFigureOf(step);
    this.#run?.enter(step);
  }

  /** Types a command of the text into the terminal and waits for its end. */
  async runCommand(id: string, command: string): Promise<number | undefined> {
    this.#command = { id, state: { kind: 'running' } };
    try {
      const code = await this.#stage.shell.run(command, this.#abort.signal);
      if (this.#command.id === id) this.#command = { id, state: { kind: 'ended', code } };
      return code;
    } catch (error) {
      if (this.#command.id === id) this.#command = undefined;
      this.#tell(error);
      return undefined;
    }
  }

  interrupt(): void {
    this.#stage.shell.type('\x03');
  }

  /** Writes a manifest to the node and applies it in the terminal. */
  async apply(id: string, file: string, text: string): Promise<void> {
    if (await this.save(file, text)) await this.runCommand(id, `kubectl apply -f ${file}`);
  }

  /** Writes a manifest or script to the node; false if that failed, which is told, or the lesson has not begun. */
  async save(file: string, text: string): Promise<boolean> {
    if (!this.#run) return false;
    this.edit(file, text);
    try {
      await this.#run.save(file);
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  /** What a command says on the node, where the reader does not see it typed. */
  async ask(command: string): Promise<string> {
    const { stdout, stderr } = await this.#stage.run(command, this.#abort.signal);
    return stdout + stderr;
  }

  async resetStep(): Promise<void> {
    this.#behind = false;
    this.#command = undefined;
    await this.#run?.resetStep();
  }

  async restart(): Promise<void> {
    this.#behind = false;
    this.#command = undefined;
    if (this.#run) await this.#run.restart(this.#step);
    else {
      await this.page.machine.start('snapshot');
      await this.begin();
    }
  }

  /** The reader goes on with the machine as it is. */
  stay(): void {
    this.#behind = false;
  }

  runSolution(): void {
    void this.#run?.runSolution();
  }

  stopSolution(): void {
    this.#run?.stopSolution();
  }

  dispose(): void {
    this.#abort.abort();
    this.#run?.dispose();
    this.page.dispose();
  }

  #beginAgain(): Promise<void> {
    this.#behind = this.index > 0;
    this.#command = undefined;
    return this.begin();
  }

  #onState(state: LessonState): void {
    this.#state = state;
    if (state.phase !== 'ready' || state.step !== this.#step || !this.passed) return;
    if (state.checks.length > 0) this.#finish(state.step);
  }

  #finish({ slug }: Step): void {
    const { part, progress } = this.#options;
    progress.finish(part, this.lesson.slug, slug);
    if (!this.#done.steps.includes(slug)) this.#done.steps = [...this.#done.steps, slug];
  }

  #showFigureOf({ blocks }: Step): void {
    const figure = blocks.find((block) => block.kind === 'figure');
    if (figure) this.view = figure.name;
  }

  #tell(error: unknown): void {
    if (!this.#abort.signal.aborted) this.page.notice.text = asSandglassError(error).message;
  }
}

function stepOf({ steps }: Lesson, slug: string | undefined): Step {
  const step = steps.find((each) => each.slug === slug) ?? steps[0];
  if (!step) throw new SandglassError('internal', 'The lesson has no steps.');
  return step;
}
