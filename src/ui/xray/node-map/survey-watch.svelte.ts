import { systemClock } from '#base/clock.ts';
import type { NodeSurvey } from '#rpc/contracts.ts';
import type { Machine } from '#ui/state/machine.svelte.ts';
import { errorInWords } from '#ui/state/words.ts';

/** Milliseconds between an answer and the next question: each costs the guest's one CPU some milliseconds. */
const pause = 2_000;

/** What there is on the node, asked for again and again as long as somebody looks. */
export class SurveyWatch {
  readonly #machine: Machine;
  #survey = $state.raw<NodeSurvey | undefined>();
  #before: { survey: NodeSurvey; time: number } | undefined;
  #time = 0;
  #failure = $state.raw('');

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get survey(): NodeSurvey | undefined {
    return this.#survey;
  }

  /** Why there is none, in a sentence; empty while there is. */
  get failure(): string {
    return this.#failure;
  }

  /** The share of the CPU that a control group took between the last two surveys, 0 to 1; nothing before there are two. */
  shareOf(path: string): number | undefined {
    const find = (survey: NodeSurvey | undefined) =>
      survey?.cgroups.find((group) => group.path === path)?.cpuMilliseconds;
    const [now, before] = [find(this.#survey), find(this.#before?.survey)];
    const passed = this.#time - (this.#before?.time ?? this.#time);
    if (now === undefined || before === undefined || passed <= 0) return undefined;
    return Math.min(1, Math.max(0, now - before) / passed);
  }

  /** Asks until what it gives is called. */
  run(): () => void {
    let running = true;
    let cancel = (): void => undefined;
    const ask = async () => {
      if (!document.hidden && this.#machine.running) await this.#ask(() => running);
      if (running) cancel = systemClock.schedule(pause, () => void ask());
    };
    void ask();
    return () => {
      running = false;
      cancel();
    };
  }

  async #ask(isWanted: () => boolean): Promise<void> {
    try {
      const survey = await this.#machine.api.surveyNode();
      if (!isWanted()) return;
      if (this.#survey) this.#before = { survey: this.#survey, time: this.#time };
      this.#time = systemClock.now();
      this.#survey = survey;
      this.#failure = '';
    } catch (error) {
      if (isWanted()) this.#failure = errorInWords(error);
    }
  }
}
