import { errnoName, errnoText } from '#abi/errno.ts';
import { type ErrorCode, SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { Deferred } from '#base/deferred.ts';
import type { Connection } from '#guest/sockets.ts';
import type { TaskExit } from '#runtimes/task.ts';
import { FrameReader, encodeFrame, frame, numbers } from './shim-frames.ts';

/** The line to one container's shim: what it is told, and its word of the container's end. */
export class ShimConnection {
  /** Rejects with `unavailable` if the shim goes first, with `cancelled` if this side or the node does. */
  readonly exited: Promise<TaskExit>;
  readonly #connection: Connection | undefined;
  readonly #exit = new Deferred<TaskExit>();
  readonly #pending: Deferred<void>[] = [];
  #lost: SandglassError | undefined;
  #closed = false;

  private constructor(connection: Connection | undefined) {
    this.#connection = connection;
    this.exited = this.#exit.promise;
    this.exited.catch(() => undefined);
    if (connection) void this.#receive(connection);
    else this.#lose();
  }

  /** If the signal fires, then or later, it is closed. */
  static async open(
    agent: AgentClient,
    path: string,
    signal?: AbortSignal,
  ): Promise<ShimConnection> {
    const shim = new ShimConnection(await agent.connect({ unix: path }, signal));
    await shim.#ask(frame.wait);
    return shim;
  }

  /** To a shim that is there no more: everything fails with `unavailable`. */
  static gone(): ShimConnection {
    return new ShimConnection(undefined);
  }

  kill(signal: number, all: boolean): Promise<void> {
    return this.#ask(frame.kill, numbers(signal, all ? 1 : 0));
  }

  reopenLog(): Promise<void> {
    return this.#ask(frame.reopenLog);
  }

  /** The shim ends with it. */
  delete(): Promise<void> {
    return this.#ask(frame.delete);
  }

  resize(columns: number, rows: number): Promise<void> {
    return this.#ask(frame.resize, numbers((columns & 0xffff) | (rows << 16)));
  }

  async closeStdin(): Promise<void> {
    await this.#connection?.outgoing.write(encodeFrame(frame.stdinEnd));
  }

  close(): void {
    this.#closed = true;
    this.#connection?.close();
  }

  async #ask(type: string, payload?: Uint8Array): Promise<void> {
    if (this.#lost) throw this.#lost;
    const answer = new Deferred<void>();
    this.#pending.push(answer);
    await this.#connection?.outgoing.write(encodeFrame(type, payload));
    await answer.promise;
  }

  async #receive(connection: Connection): Promise<void> {
    const frames = new FrameReader(connection.incoming);
    let cause: unknown;
    try {
      for (let next = await frames.next(); next; next = await frames.next()) {
        if (next.type === frame.exit) this.#exit.resolve(readExit(next.payload));
        else if (next.type === frame.acknowledgement) this.#answer(next.payload);
      }
    } catch (error) {
      cause = error;
    }
    this.#lose(cause);
  }

  #answer(payload: Uint8Array): void {
    const answer = this.#pending.shift();
    const code = new DataView(payload.buffer, payload.byteOffset).getInt32(0, true);
    if (code === 0) answer?.resolve();
    else answer?.reject(shimError(code, new TextDecoder().decode(payload.subarray(4))));
  }

  #lose(cause?: unknown): void {
    // A socket that breaks has an errno; a session with the node that ends has none.
    const nodeGone = cause !== undefined && !(cause instanceof SandglassError && cause.errno);
    const error =
      this.#closed || nodeGone
        ? new SandglassError('cancelled', "The container's shim has been left.", { cause })
        : new SandglassError('unavailable', "The container's shim has gone.", { cause });
    this.#lost = error;
    // Whoever still holds it need not: the node keeps a socket for it.
    this.#connection?.close();
    this.#exit.reject(error);
    for (const pending of this.#pending.splice(0)) pending.reject(error);
  }
}

/** What the shim writes into its exit file, and sends. */
export function readExit(text: Uint8Array): TaskExit {
  const { code, exitedAt, oomKills } = JSON.parse(new TextDecoder().decode(text)) as {
    code: number;
    exitedAt: string;
    oomKills: number;
  };
  return { code, exitedAt: BigInt(exitedAt), oomKilled: oomKills > 0 };
}

function shimError(number: number, text: string): SandglassError {
  if (text !== '') return new SandglassError('unknown', runtimeMessage(text));
  const codes: Readonly<Record<string, ErrorCode>> = {
    ESRCH: 'not-found',
    ENOENT: 'not-found',
    EBUSY: 'failed-precondition',
  };
  const errno = errnoName(number);
  return new SandglassError(codes[errno] ?? 'unknown', errnoText(number), { errno });
}

/** The message of the worst line of a runtime's JSON log; other text as it is. */
export function runtimeMessage(log: string): string {
  const messages = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => parseLine(line))
    .filter(({ level }) => level === 'error' || level === 'fatal');
  return messages.at(-1)?.msg ?? log.trim();
}

function parseLine(line: string): { level: string; msg: string } {
  try {
    return JSON.parse(line) as { level: string; msg: string };
  } catch {
    return { level: 'error', msg: line };
  }
}
