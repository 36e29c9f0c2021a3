import { SvelteMap } from 'svelte/reactivity';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { LessonCode } from '#lessons/code.ts';
import type { Lesson, Step } from '#lessons/lesson.ts';
import { LessonRun, type LessonState } from '#lessons/run/lesson-run.ts';
import type { Page } from '#ui/page.svelte.ts';
import { PageStage } from '#ui/state/page-stage.svelte.ts';
import type { Progress } from '#ui/state/progress.ts';
import { words } from '#ui/words/words.ts';
import type { XRayView } from '#ui/xray/views.ts';
import { untilReached } from './until-reached.ts';

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

/** The command block that was run last. */
interface RunCommand {
  id: string;
  state: CommandState;
}

/** Milliseconds for the machine to answer a prediction; some of what is asked waits for the kubelet. */
const answerLimit = 60_000;

/** A lesson that is open in a page: where the reader is, what is done, and what the page can do for it. */
export class LessonPage {
  readonly page: Page;
  readonly lesson: Lesson;
  readonly #options: LessonPageOptions;
  readonly #stage: PageStage;
  readonly #run: LessonRun;
  readonly #abort = new AbortController();
  /** The texts of manifests and scripts, by file, where they are not the lesson's own. */
  readonly #texts = new SvelteMap<string, string>();
  #done = $state.raw<readonly string[]>([]);
  #state = $state.raw() as LessonState;
  #command = $state.raw<RunCommand | undefined>();
  /** The figure that the step asks for, or what the reader has chosen since. */
  view = $state.raw<XRayView>('time-line');
  /** Steps that this machine has not been through: those before the one where it began. */
  #skipped = $state.raw<readonly Step[]>([]);

  constructor(options: LessonPageOptions) {
    const { page, part, lesson, progress, loadCode, step } = options;
    this.#options = options;
    this.page = page;
    this.lesson = lesson;
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
    this.#run = new LessonRun({ lesson, loadCode, stage: this.#stage, step });
    this.#state = this.#run.state;
    this.#run.changed.listen((state) => this.#onState(state));
    this.#skipped = this.#before;
    progress.open(part, lesson.slug, this.step.slug);
    this.refreshProgress();
    this.#showFigureOf(this.step);
    machine.ended.listen((reason) => {
      const losable = this.#state.phase !== 'failed' && !this.#stage.restarting;
      if (losable) this.#run.lose(new SandglassError('unavailable', reason));
    });
    machine.statusChanged.listen(({ kind }) => {
      // The reader, or the guest itself, has started the machine again.
      if (kind === 'running' && this.failed) void this.#goOn(() => this.#run.begin());
    });
  }

  get step(): Step {
    return this.#state.step;
  }

  get index(): number {
    return this.lesson.steps.indexOf(this.step);
  }

  get state(): LessonState {
    return this.#state;
  }

  /** Why the lesson cannot go on, or what a check or solution failed of. */
  get failure(): SandglassError | undefined {
    return this.#state.failure;
  }

  /** The lesson has stopped; `tryAgain` or `restart` gets it going. */
  get failed(): boolean {
    return this.#state.phase === 'failed';
  }

  get ready(): boolean {
    return this.#state.phase === 'ready' && this.page.machine.running;
  }

  /** Whether a command of the text can be run now: they are typed one at a time. */
  get canRun(): boolean {
    return this.ready && !this.#state.solving && this.#command?.state.kind !== 'running';
  }

  /** What the steps before this one make is not on the machine. */
  get behind(): boolean {
    return this.ready && this.#before.some((step) => this.#skipped.includes(step));
  }

  isDone({ slug }: Step): boolean {
    return this.#done.includes(slug);
  }

  /** Whether what the step asks for is reached, or it asks for nothing. */
  get passed(): boolean {
    const { checks, step } = this.#state;
    const asked = step.blocks.some(({ kind }) => kind === 'checks');
    return !asked || (checks.length > 0 && checks.every(({ passed }) => passed));
  }

  textOf(file: string, text: string): string {
    return this.#texts.get(file) ?? text;
  }

  edit(file: string, text: string): void {
    this.#texts.set(file, text);
    this.#run.edit(file, text);
  }

  commandState(id: string): CommandState | undefined {
    return this.#command?.id === id ? this.#command.state : undefined;
  }

  /** Waits for the machine and begins the lesson. What fails is the state's failure. */
  begin(): Promise<void> {
    return this.#run.begin();
  }

  /** Goes to a step; the machine stays as it is. */
  enter(slug: string): void {
    const step = this.lesson.steps.find((each) => each.slug === slug);
    if (!step || step === this.step) return;
    if (this.passed) this.#finish(this.step);
    if (this.#state.solving) this.page.notice.text = words.lesson.solutionLeft(this.step.title);
    // How a command ended is told beside it once; of one that runs, the others wait for the end.
    if (this.#command?.state.kind === 'ended') this.#command = undefined;
    this.#run.enter(step);
    this.#options.progress.open(this.#options.part, this.lesson.slug, step.slug);
    this.#showFigureOf(step);
  }

  /** Types a command of the text into the terminal and waits for its end. */
  async runCommand(id: string, command: string): Promise<void> {
    const mine: RunCommand = { id, state: { kind: 'running' } };
    this.#command = mine;
    let ended: RunCommand | undefined;
    try {
      const code = await this.#stage.shell.run(command, this.#abort.signal);
      ended = { id, state: { kind: 'ended', code } };
    } catch (error) {
      // Of a machine that begins anew the page tells elsewhere.
      if (this.ready) this.#tell(error);
    }
    if (this.#command === mine) this.#command = ended;
  }

  interrupt(): void {
    this.#stage.shell.type('\x03');
  }

  /** Writes a manifest to the node and applies it in the terminal. */
  async apply(id: string, file: string, text: string): Promise<void> {
    if (await this.save(file, text)) await this.runCommand(id, `kubectl apply -f ${file}`);
  }

  /** Writes a manifest or script to the node; false if that failed, which is told. */
  async save(file: string, text: string): Promise<boolean> {
    this.edit(file, text);
    try {
      if (!this.ready) throw new SandglassError('failed-precondition', words.lesson.notReady);
      await this.#run.save(file);
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  /** What a command says on the node, where the reader does not see it typed. */
  async ask(command: string, signal: AbortSignal): Promise<string> {
    const over = new AbortController();
    const answer = this.#stage.run(command, AbortSignal.any([signal, over.signal]));
    try {
      const late = words.lesson.noAnswer(answerLimit / 1000);
      const { stdout, stderr } = await withDeadline(answer, this.page.clock, answerLimit, late);
      return stdout + stderr;
    } finally {
      over.abort();
    }
  }

  /** Waits until a check of the step has passed; the reader may go to others meanwhile. */
  reached(check: string, signal: AbortSignal): Promise<void> {
    const { step } = this;
    const isReached = () =>
      this.step === step && this.#state.checks.some(({ id, passed }) => id === check && passed);
    return untilReached(this.#run.changed, isReached, this.page.clock, signal);
  }

  /** The machine goes back to where this step begins. */
  resetStep(): Promise<void> {
    this.#skipped = [];
    return this.#run.resetStep();
  }

  /** From the first step. */
  restart(): Promise<void> {
    this.#skipped = [];
    return this.#run.restart();
  }

  /** Begins anew where the reader is, after a failure. */
  tryAgain(): Promise<void> {
    return this.#goOn(() => this.#run.beginAgain());
  }

  /** The reader goes on with the machine as it is. */
  stay(): void {
    this.#skipped = [];
  }

  runSolution(): void {
    void this.#run.runSolution();
  }

  stopSolution(): void {
    this.#run.stopSolution();
  }

  /** What is kept of the reader's progress, which another tab may have changed. */
  refreshProgress(): void {
    const { part, lesson, progress } = this.#options;
    const kept = progress.of(part, lesson.slug)?.done ?? [];
    this.#done = [...this.#done, ...kept.filter((slug) => !this.#done.includes(slug))];
  }

  dispose(): void {
    this.#abort.abort();
    this.#run.dispose();
    this.page.dispose();
  }

  /** On a machine that has not been through the steps before this one. */
  #goOn(begin: () => Promise<void>): Promise<void> {
    this.#skipped = this.#before;
    return begin();
  }

  #onState(state: LessonState): void {
    this.#state = state;
    if (state.phase === 'ready' && state.checks.length > 0 && this.passed) this.#finish(state.step);
  }

  get #before(): readonly Step[] {
    return this.lesson.steps.slice(0, this.index);
  }

  #finish(step: Step): void {
    const { slug } = step;
    this.#skipped = this.#skipped.filter((each) => each !== step);
    const { part, progress } = this.#options;
    progress.finish(part, this.lesson.slug, slug);
    if (!this.#done.includes(slug)) this.#done = [...this.#done, slug];
  }

  #showFigureOf({ blocks }: Step): void {
    const figure = blocks.find((block) => block.kind === 'figure');
    if (figure) this.view = figure.name;
  }

  #tell(error: unknown): void {
    if (!this.#abort.signal.aborted) this.page.notice.text = asSandglassError(error).message;
  }
}
