import { systemClock } from '#base/clock.ts';
import type { MachineSurvey, NodeSurvey } from '#rpc/contracts.ts';
import type { Machine } from '#ui/state/machine.svelte.ts';
import { errorInWords } from '#ui/state/words.ts';
import { UseOverTime } from './use-over-time.ts';

/** Milliseconds between an answer and the next question: each costs the guest's one CPU some milliseconds. */
const pause = 2_000;

/** What there is on the node and in pods' machines, asked for again and again as long as somebody looks. */
export class SurveyWatch {
  readonly #machine: Machine;
  #survey = $state.raw<NodeSurvey | undefined>();
  #machines = $state.raw<readonly MachineSurvey[]>([]);
  readonly #use = new UseOverTime();
  /** Of pods' machines, by their sandboxes. */
  #usesOfMachines: Readonly<Partial<Record<string, UseOverTime>>> = {};
  #failure = $state.raw('');

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get survey(): NodeSurvey | undefined {
    return this.#survey;
  }

  /** The virtual machines that pods have. */
  get machines(): readonly MachineSurvey[] {
    return this.#machines;
  }

  /** Why there is none, in a sentence; empty while there is. */
  get failure(): string {
    return this.#failure;
  }

  /** The share of the node's CPU that a control group took between the last two surveys, 0 to 1; nothing before there are two. */
  shareOf(path: string): number | undefined {
    return this.#survey && this.#use.shareOf(path);
  }

  /** The same of a pod's machine, whose CPU is its own. */
  shareWithin(sandboxId: string, path: string): number | undefined {
    return this.#machines.length > 0 ? this.#usesOfMachines[sandboxId]?.shareOf(path) : undefined;
  }

  /** Asks until what it gives is called. A machine that is long in answering keeps nobody waiting for the node. */
  run(): () => void {
    const stops = [
      this.#again((isWanted) => this.#askNode(isWanted)),
      this.#again((isWanted) => this.#askMachines(isWanted)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #again(ask: (isWanted: () => boolean) => Promise<void>): () => void {
    let running = true;
    let cancel = (): void => undefined;
    const next = async () => {
      if (!document.hidden && this.#machine.running) await ask(() => running);
      if (running) cancel = systemClock.schedule(pause, () => void next());
    };
    void next();
    return () => {
      running = false;
      cancel();
    };
  }

  async #askNode(isWanted: () => boolean): Promise<void> {
    try {
      const survey = await this.#machine.api.surveyNode();
      if (!isWanted()) return;
      this.#use.take(survey, systemClock.now());
      this.#survey = survey;
      this.#failure = '';
    } catch (error) {
      if (isWanted()) this.#failure = errorInWords(error);
    }
  }

  async #askMachines(isWanted: () => boolean): Promise<void> {
    // Without an answer it is the node that is in trouble, of which its own survey tells.
    const machines = await this.#machine.api.surveyMachines().catch(() => []);
    if (!isWanted()) return;
    const uses: Partial<Record<string, UseOverTime>> = {};
    for (const { sandboxId, survey } of machines) {
      const use = (uses[sandboxId] = this.#usesOfMachines[sandboxId] ?? new UseOverTime());
      if (survey) use.take(survey, systemClock.now());
    }
    this.#usesOfMachines = uses;
    this.#machines = machines;
  }
}
