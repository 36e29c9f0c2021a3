import {
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  create,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf';
import { concatBytes } from '#base/byte-stream.ts';
import { Deferred } from '#base/deferred.ts';
import {
  type ErrorCode,
  SandglassError,
  asSandglassError,
  throwIfCancelled,
} from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import type { Connection } from '#guest/sockets.ts';
import { FrameReader, encodeFrame, numbers } from '#runtimes/shim-frames.ts';
import { codeOf } from './grpc-codes.ts';

/** The frames of images/guest/kata-shim/control.h, both ways. */
export const podShimFrame = {
  call: 'C',
  giveUp: 'D',
  track: 'T',
  list: 'L',
  wait: 'W',
  shutDown: 'X',
  result: 'R',
} as const;
const frame = podShimFrame;

/** Of images/guest/kata-shim/task.h. */
const trackFlag = { stdin: 1, terminal: 2, holdOutput: 4, exec: 8 } as const;

/** A process in the machine whose streams and end the shim shall keep. */
export interface TrackedProcess {
  containerId: string;
  /** Empty for the container's own. */
  execId: string;
  /** Where on the node its sockets and its exit file are to be. */
  directory: string;
  logPath: string;
  stdin: boolean;
  terminal: boolean;
}

/** The line to a pod's shim, by which its machine's agent is called. */
export class PodShim {
  /** Resolves when the machine's VMM has ended, or the shim itself. */
  readonly machineEnded: Promise<SandglassError>;
  readonly #connection: Connection;
  readonly #pending = new Map<number, Deferred<Uint8Array>>();
  #calls = 0;
  #lost: SandglassError | undefined;
  #closed = false;

  private constructor(connection: Connection) {
    this.#connection = connection;
    void this.#receive();
    this.machineEnded = this.#request(frame.wait).then(
      (how) =>
        new SandglassError(
          'unavailable',
          `The virtual machine has ended: ${new TextDecoder().decode(how)}`,
        ),
      asSandglassError,
    );
  }

  static async open(agent: AgentClient, path: string, signal?: AbortSignal): Promise<PodShim> {
    return new PodShim(await agent.connect({ unix: path }, signal));
  }

  /**
   * One of the agent's calls; rejects with what the agent says, `unavailable` if the machine has ended. The agent
   * knows nothing of a caller who gives up, but the shim keeps no answer for him.
   */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    throwIfCancelled(signal);
    const name = new TextEncoder().encode(method.name);
    const message = toBinary(method.input, create(method.input, request));
    const answer = this.#request(frame.call, [Uint8Array.of(name.length), name, message], signal);
    return fromBinary(method.output, await untilAborted(answer, signal));
  }

  /** Resolves when its sockets are there. */
  async track(process: TrackedProcess): Promise<void> {
    const { containerId, execId, directory, logPath, stdin, terminal } = process;
    const isExec = execId !== '';
    const flags =
      (stdin ? trackFlag.stdin : 0) |
      (terminal ? trackFlag.terminal : 0) |
      // Nobody reads what it wrote before somebody has come for it, as it has no log.
      (isExec ? trackFlag.holdOutput | trackFlag.exec : 0);
    const texts = [containerId, execId, directory, logPath].map((text) => `${text}\0`).join('');
    await this.#request(frame.track, [Uint8Array.of(flags), new TextEncoder().encode(texts)]);
  }

  /** Ends the machine, and then the shim. */
  async shutDown(): Promise<void> {
    await this.#request(frame.shutDown);
    this.close();
  }

  /** Leaves it to itself. */
  close(): void {
    this.#closed = true;
    this.#connection.close();
  }

  async #request(
    type: string,
    payload: readonly Uint8Array[] = [],
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    if (this.#lost) throw this.#lost;
    const id = ++this.#calls;
    const answer = new Deferred<Uint8Array>();
    this.#pending.set(id, answer);
    const giveUp = () => {
      this.#send(frame.giveUp, id).catch(() => undefined);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await this.#send(type, id, ...payload);
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      this.#pending.delete(id);
    }
  }

  #send(type: string, id: number, ...payload: readonly Uint8Array[]): Promise<void> {
    const whole = concatBytes([numbers(id), ...payload]);
    return this.#connection.outgoing.write(encodeFrame(type, whole));
  }

  async #receive(): Promise<void> {
    const frames = new FrameReader(this.#connection.incoming, resultMax);
    let cause: unknown;
    try {
      for (let next = await frames.next(); next; next = await frames.next()) {
        if (next.type === frame.result) this.#answer(next.payload);
      }
    } catch (error) {
      cause = error;
    }
    const gone = this.#closed ? "The pod's shim has been left." : "The pod's shim has gone.";
    const code: ErrorCode = this.#closed ? 'cancelled' : 'unavailable';
    this.#lost = new SandglassError(code, gone, { cause });
    this.#connection.close();
    for (const pending of this.#pending.values()) pending.reject(this.#lost);
    this.#pending.clear();
  }

  #answer(payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const id = view.getUint32(0, true);
    const code = view.getInt32(4, true);
    const rest = payload.slice(8);
    const answer = this.#pending.get(id);
    this.#pending.delete(id);
    if (code === 0) answer?.resolve(rest);
    else answer?.reject(new SandglassError(codeOf(code), new TextDecoder().decode(rest)));
  }
}

/** Bytes of a result: an agent's answer is no longer than what ReadStdout gives. */
const resultMax = 1 << 20;
