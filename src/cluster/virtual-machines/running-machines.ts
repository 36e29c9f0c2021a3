import type { Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { EmulatorFacts, Failure, MachineSurvey, NodeSurvey } from '#rpc/contracts.ts';
import type { VmmArguments, VmmWatcher } from '#runtimes/kata/vmm-host.ts';
import type { VirtualMachine } from '#runtimes/ports.ts';
import { MachineSurveyor } from './machine-surveyor.ts';

/** Milliseconds that a machine has for an answer; a survey takes some tens of them. */
const patience = 5_000;

interface RunningMachine {
  about: VmmArguments;
  machine: VirtualMachine;
  surveyor: MachineSurveyor;
  ending: AbortController;
}

/** The virtual machines that pods have now, by the ids of their sandboxes. */
export class RunningMachines {
  readonly #clock: Clock;
  readonly #links: ReadonlyMap<string, TraceLinks>;
  readonly #running = new Map<string, RunningMachine>();

  constructor(clock: Clock, links: ReadonlyMap<string, TraceLinks>) {
    this.#clock = clock;
    this.#links = links;
  }

  /** What is told of machines, which is told to another as well. */
  watching(other: VmmWatcher): VmmWatcher {
    return {
      ...other,
      started: (about, machine) => {
        this.#add(about, machine);
        other.started(about, machine);
      },
      ended: (sandboxId) => {
        this.#remove(sandboxId);
        other.ended(sandboxId);
      },
    };
  }

  /** All of them at once, each as far as it answers in time. */
  surveys(): Promise<MachineSurvey[]> {
    return Promise.all([...this.#running.values()].map((each) => this.#surveyOf(each)));
  }

  #add(about: VmmArguments, machine: VirtualMachine): void {
    const ending = new AbortController();
    const surveyor = new MachineSurveyor(machine, ending.signal);
    this.#running.set(about.id, { about, machine, surveyor, ending });
  }

  #remove(sandboxId: string): void {
    const gone = new SandglassError('unavailable', 'The virtual machine has ended.');
    this.#running.get(sandboxId)?.ending.abort(gone);
    this.#running.delete(sandboxId);
  }

  async #surveyOf({ about, machine, surveyor, ending }: RunningMachine): Promise<MachineSurvey> {
    const { id, machine: handler, memoryBytes } = about;
    const pod = this.#links.get(id)?.pod;
    const late = new AbortController();
    const cancel = this.#clock.schedule(patience, () => {
      const message = `The virtual machine has not answered within ${patience / 1000} seconds.`;
      late.abort(new SandglassError('deadline-exceeded', message));
    });
    const until = AbortSignal.any([ending.signal, late.signal]);
    const [survey, facts] = await Promise.allSettled([
      untilAborted(surveyor.ask(), until),
      untilAborted(machine.facts(), until),
    ]);
    cancel();
    return {
      sandboxId: id,
      handler,
      memoryBytes,
      ...(pod && { pod }),
      ...answerOf(survey),
      ...(facts.status === 'fulfilled' && { emulator: facts.value satisfies EmulatorFacts }),
    };
  }
}

function answerOf(
  answer: PromiseSettledResult<NodeSurvey>,
): { survey: NodeSurvey } | { failure: Failure } {
  if (answer.status === 'fulfilled') return { survey: answer.value };
  const { code, message } = asSandglassError(answer.reason);
  return { failure: { code, message } };
}
