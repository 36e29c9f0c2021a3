import { once } from 'node:events';
import { type Server, type Socket, createServer } from 'node:net';
import {
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  create,
  fromBinary,
  toBinary,
} from '@bufbuild/protobuf';
import { ByteQueue } from '#base/byte-queue.ts';
import { Deferred } from '#base/deferred.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { RequestSchema, ResponseSchema } from '#runtimes/kata/ttrpc_pb.ts';

const { method } = AgentService;
const headerSize = 10;

/** What an agent answers a call with that fails. */
export class CallError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  override toString(): string {
    return this.message;
  }
}

/** Kata's agent in the place of a machine: behind a hybrid vsock, with whatever answers a test gives it. */
export class StandInAgent {
  /** Names of the methods that were called, in order. */
  readonly called: string[] = [];
  readonly #server: Server;
  readonly #answers = new Map<string, (request: Uint8Array) => Promise<Uint8Array>>();
  readonly #processes = new Map<string, StandInProcess>();
  readonly #sockets = new Set<Socket>();
  readonly #events: string[] = [];
  #wakeEvent = new Deferred<void>();
  #reads: Promise<void> = Promise.resolve();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      // A connection that breaks off has been served.
      this.#serve(socket).catch(() => undefined);
    });
    this.#answerUsual();
  }

  static async listen(path: string): Promise<StandInAgent> {
    const server = createServer();
    server.listen(path);
    await once(server, 'listening');
    return new StandInAgent(server);
  }

  on<I extends DescMessage, O extends DescMessage>(
    { name, input, output }: DescMethodUnary<I, O>,
    answer: (request: MessageShape<I>) => Promise<MessageInitShape<O>> | MessageInitShape<O>,
  ): void {
    this.#answers.set(name, async (request) =>
      toBinary(output, create(output, await answer(fromBinary(input, request)))),
    );
  }

  /** Answers with bytes that are no message. */
  onRaw(name: string, answer: () => Uint8Array): void {
    this.#answers.set(name, () => Promise.resolve(answer()));
  }

  /** By the ids that the agent knows it by. */
  process(container: string, exec = container): StandInProcess {
    const key = `${container}/${exec}`;
    const process = this.#processes.get(key) ?? new StandInProcess();
    this.#processes.set(key, process);
    return process;
  }

  /** The kernel of the machine has killed one of the container's processes. */
  oom(container: string): void {
    this.#events.push(container);
    this.#wakeEvent.resolve();
  }

  /** Sends what is no answer. */
  send(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** What the end of the VMM does to a connection. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From its next message on, it reads nothing more. */
  stall(): void {
    this.#reads = new Promise(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answerUsual(): void {
    const of = ({ containerId, execId }: { containerId: string; execId: string }) =>
      this.process(containerId, execId);
    this.on(method.readStdout, (request) => of(request).stdout.read(request.len));
    this.on(method.readStderr, (request) => of(request).stderr.read(request.len));
    this.on(method.writeStdin, (request) => of(request).write(request.data));
    this.on(method.closeStdin, (request) => of(request).closeStdin());
    this.on(method.waitProcess, async (request) => ({ status: await of(request).status.promise }));
    this.on(method.statsContainer, () => ({}));
    this.on(method.removeContainer, () => ({}));
    this.on(method.destroySandbox, () => ({}));
    this.on(method.getOOMEvent, async () => {
      while (this.#events.length === 0) {
        this.#wakeEvent = new Deferred();
        await this.#wakeEvent.promise;
      }
      return { containerId: this.#events.shift() ?? '' };
    });
  }

  async #serve(socket: Socket): Promise<void> {
    let bytes = Buffer.alloc(0);
    let isOpen = false;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      await this.#reads;
      bytes = Buffer.concat([bytes, chunk]);
      if (!isOpen) {
        const end = bytes.indexOf('\n');
        if (end < 0) continue;
        if (bytes.subarray(0, end).toString() !== 'CONNECT 1024') return void socket.destroy();
        socket.write('OK 1073741824\n');
        bytes = bytes.subarray(end + 1);
        isOpen = true;
      }
      while (bytes.length >= headerSize && bytes.length >= headerSize + bytes.readUInt32BE(0)) {
        const length = bytes.readUInt32BE(0);
        void this.#answer(
          socket,
          bytes.readUInt32BE(4),
          bytes.subarray(headerSize, headerSize + length),
        );
        bytes = bytes.subarray(headerSize + length);
      }
    }
  }

  async #answer(socket: Socket, stream: number, message: Uint8Array): Promise<void> {
    const { service, method: name, payload } = fromBinary(RequestSchema, message);
    this.called.push(name);
    let response;
    try {
      if (service !== 'grpc.AgentService') throw new CallError(12, `no service ${service}`);
      const answer = this.#answers.get(name);
      if (!answer) throw new CallError(12, `${name} is not supported`);
      response = create(ResponseSchema, { payload: await answer(payload) });
    } catch (error) {
      const code = error instanceof CallError ? error.code : 13;
      response = create(ResponseSchema, { status: { code, message: String(error) } });
    }
    const body = toBinary(ResponseSchema, response);
    const header = Buffer.alloc(headerSize);
    header.writeUInt32BE(body.length, 0);
    header.writeUInt32BE(stream, 4);
    header[8] = 2;
    if (socket.writable) socket.write(Buffer.concat([header, body]));
  }
}

/** A process of the machine: its pipes, and its end as the test has it. */
export class StandInProcess {
  readonly stdout = new StandInOutput();
  readonly stderr = new StandInOutput();
  readonly status = new Deferred<number>();
  readonly #stdin: Uint8Array[] = [];
  /** Bytes that it takes of one WriteStdin. */
  takes = Infinity;
  /** Until it resolves, it reads nothing. */
  reads: Promise<void> = Promise.resolve();
  readonly stdinClosed = new Deferred<void>();

  /** What was written to it so far. */
  get stdin(): Buffer {
    return Buffer.concat(this.#stdin);
  }

  async write(data: Uint8Array): Promise<{ len: number }> {
    await this.reads;
    const taken = data.subarray(0, this.takes);
    this.#stdin.push(taken);
    return { len: taken.length };
  }

  closeStdin(): Record<string, never> {
    this.stdinClosed.resolve();
    return {};
  }

  /** It ends, and with it its outputs, after what they still hold. */
  exit(status: number): void {
    this.status.resolve(status);
    this.stdout.end();
    this.stderr.end();
  }
}

/** A pipe that is read piece by piece. */
export class StandInOutput {
  readonly #queue = new ByteQueue({ capacity: 64 << 20 });
  #rest: Uint8Array = new Uint8Array(0);
  /** How often it was read from. */
  reads = 0;

  write(bytes: Uint8Array | string): void {
    this.#queue.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  end(): void {
    this.#queue.end();
  }

  async read(length: number): Promise<{ data: Uint8Array }> {
    this.reads++;
    if (this.#rest.length === 0) {
      const chunk = await this.#queue.read();
      if (!chunk) throw new CallError(13, 'eof');
      this.#rest = chunk;
    }
    const data = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return { data };
  }
}
