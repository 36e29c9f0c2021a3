import { type ByteSource, concatBytes } from '#base/byte-stream.ts';
import { SandglassError } from '#base/errors.ts';
import { parseSurvey } from '#cluster/node-survey.ts';
import type { NodeSurvey } from '#rpc/contracts.ts';
import type { VirtualMachine } from '#runtimes/ports.ts';

/** The data port by which a machine is asked (images/guest/kata-agent/survey.c): for a byte an answer, u32 LE length and text. */
const surveyPort = 3;
/** Bytes of an answer: a line of each process, mount, cgroup and device takes some 200, and a guest's own kernel writes them. */
const answerMax = 4 << 20;

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
    const pieces = new Pieces(incoming, this.#signal);
    const header = await pieces.take(4);
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0, true);
    if (length > answerMax) {
      throw new SandglassError(
        'data-loss',
        'What the virtual machine tells of itself is too long.',
      );
    }
    const survey = parseSurvey(new TextDecoder().decode(await pieces.take(length)));
    return { ...survey, processes: survey.processes.filter((each) => !isItself(each)) };
  }
}

/** So many bytes of a stream at a time. */
class Pieces {
  readonly #source: ByteSource;
  readonly #signal: AbortSignal;
  #rest: Uint8Array = new Uint8Array();

  constructor(source: ByteSource, signal: AbortSignal) {
    this.#source = source;
    this.#signal = signal;
  }

  async take(count: number): Promise<Uint8Array> {
    const pieces = [this.#rest];
    for (let have = this.#rest.length; have < count;) {
      const piece = await this.#source.read(this.#signal);
      if (!piece) throw new SandglassError('unavailable', 'The virtual machine has ended.');
      pieces.push(piece);
      have += piece.length;
    }
    const bytes = concatBytes(pieces);
    this.#rest = bytes.subarray(count);
    return bytes.subarray(0, count);
  }
}

/** The program that tells this is a child of the agent's, and over by now. */
function isItself({ name, parentPid }: NodeSurvey['processes'][number]): boolean {
  return name === 'survey' && parentPid === 1;
}
