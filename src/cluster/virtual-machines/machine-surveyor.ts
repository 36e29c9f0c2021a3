import { concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { parseSurvey } from '#cluster/node-survey.ts';
import type { NodeSurvey } from '#rpc/contracts.ts';
import type { VirtualMachine } from '#runtimes/ports.ts';

/** The data port by which a machine is asked (images/guest/kata-agent/survey.c): for a byte an answer, u32 LE length and text. */
const surveyPort = 3;

/** Asks a machine what there is in it. Who asks while another waits gets the same answer: the port has room for one. */
export class MachineSurveyor {
  readonly #machine: VirtualMachine;
  readonly #signal: AbortSignal;
  #asked: Promise<NodeSurvey> | undefined;

  /** `signal` fires when the machine is no more. */
  constructor(machine: VirtualMachine, signal: AbortSignal) {
    this.#machine = machine;
    this.#signal = signal;
  }

  /** What is asked is read to its end, however long anybody waits for it. */
  ask(): Promise<NodeSurvey> {
    this.#asked ??= this.#survey().finally(() => (this.#asked = undefined));
    return this.#asked;
  }

  async #survey(): Promise<NodeSurvey> {
    const { incoming, outgoing } = await this.#machine.open(surveyPort, this.#signal);
    await outgoing.write(Uint8Array.of(1), this.#signal);
    let bytes: Uint8Array = new Uint8Array();
    while (bytes.length < 4 || bytes.length < 4 + lengthOf(bytes)) {
      const more = await incoming.read(this.#signal);
      if (!more) throw new SandglassError('unavailable', 'The virtual machine has ended.');
      bytes = concatBytes([bytes, more]);
    }
    const survey = parseSurvey(new TextDecoder().decode(bytes.subarray(4, 4 + lengthOf(bytes))));
    return { ...survey, processes: survey.processes.filter((each) => !isItself(each)) };
  }
}

function lengthOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** The program that tells this is a child of the agent's, and over by now. */
function isItself({ name, parentPid }: NodeSurvey['processes'][number]): boolean {
  return name === 'survey' && parentPid === 1;
}
