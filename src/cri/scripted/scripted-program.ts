import {
  type DescMethodUnary,
  type JsonObject,
  type MessageShape,
  fromJsonString,
  toJson,
} from '@bufbuild/protobuf';
import type { Clock } from '#base/clock.ts';
import { withDeadline } from '#base/deadline.ts';
import { SandglassError, asSandglassError } from '#base/errors.ts';
import { untilAborted } from '#base/until-aborted.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { CallLinks } from '#cri/call-links.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { errorCodeNamed } from '#kube/cri/errors.ts';
import { recordOciCall } from '#runtimes/oci-call.ts';
import { environmentOf } from './environment.ts';

/** Milliseconds for one run, beyond the time that the request itself gives: half of what the kubelet waits. */
const limit = 60_000;

/** Milliseconds for which a list is taken to be as it was, unless a call has changed something. */
const listAge = 5000;

/** Bytes of an answer, and of a complaint. */
const longestOutput = 1 << 20;

/** Calls that change nothing. */
const questions: ReadonlySet<string> = new Set(['PodSandboxStatus', 'ContainerStatus']);

/** What a shell ends with that does not find a command (POSIX.1-2017, XCU 2.8.2). */
const commandNotFound = 127;

export interface ScriptedProgramOptions {
  agent: AgentClient;
  /** The machine's: what runs on the node goes on while the cluster is held. */
  clock: Clock;
  trace: TraceBus;
  /** The program's path on the node. */
  path: string;
  /** A directory on the node where the program keeps what it has made; with nothing in it, there is nothing. */
  records: string;
}

/**
 * A runtime that is a program on the node, run once a call: the method is its argument, the request its standard input
 * as protobuf's JSON and its environment (`environmentOf`), the response its standard output. If it ends with another
 * code than 0, the call fails with what it wrote to its standard error; a code of gRPC may stand before that, as
 * in `NotFound: no such sandbox`. 127 means that it has no such method.
 */
export class ScriptedProgram {
  readonly #options: ScriptedProgramOptions;
  readonly #links = new CallLinks();
  /** By method: the last list, and how many changes there had been when it was asked for. */
  readonly #lists = new Map<string, { answer: Promise<unknown>; begun: number; changes: number }>();
  /** By method: what the last list failed with. */
  readonly #failures = new Map<string, string>();
  /** Grows when a call that may change something begins, and when it ends. */
  #changes = 0;

  constructor(options: ScriptedProgramOptions) {
    this.#options = options;
  }

  /** Whether it has made something that is still there. */
  async hasRecords(signal: AbortSignal): Promise<boolean> {
    const { agent, records } = this.#options;
    if (!(await agent.files.exists(records, signal))) return false;
    return (await agent.files.list(records, signal)).length > 0;
  }

  /** A call that is made because something is to happen, or has. */
  async call<Method extends DescMethodUnary>(
    method: Method,
    request: MessageShape<Method['input']>,
    signal: AbortSignal,
  ): Promise<MessageShape<Method['output']>> {
    const json = toJson(method.input, request) as JsonObject;
    const links = this.#links.of(json);
    const change = questions.has(method.name) ? 0 : 1;
    const run = async () => {
      this.#changes += change;
      try {
        return await this.#run(method, json, links, signal);
      } finally {
        this.#changes += change;
      }
    };
    const answer = await recordOciCall(this.#options, this.#argv(method), links, run);
    this.#links.learn(method.name, json, toJson(method.output, answer));
    return answer;
  }

  /**
   * A list of all that it has. The kubelet asks every second, and a run costs the node a shell: so a list stands for
   * some seconds, or until a call has changed something. Only a run that fails is told of, and once for each reason.
   */
  ask<Method extends DescMethodUnary>(
    method: Method,
    signal: AbortSignal,
  ): Promise<MessageShape<Method['output']>> {
    const last = this.#lists.get(method.name);
    const begun = this.#options.clock.now();
    const stands = last?.changes === this.#changes && begun - last.begun < listAge;
    if (last && stands)
      return untilAborted(last.answer as Promise<MessageShape<Method['output']>>, signal);
    const answer = this.#list(method);
    this.#lists.set(method.name, { answer, begun, changes: this.#changes });
    return untilAborted(answer, signal);
  }

  async #list<Method extends DescMethodUnary>(
    method: Method,
  ): Promise<MessageShape<Method['output']>> {
    const { name } = method;
    const { clock, trace } = this.#options;
    const begin = clock.now();
    try {
      const answer = await this.#run(method, {}, {}, new AbortController().signal);
      this.#failures.delete(name);
      return answer;
    } catch (thrown) {
      this.#lists.delete(name);
      const error = asSandglassError(thrown);
      const { code, message } = error;
      if (this.#failures.get(name) !== message) {
        this.#failures.set(name, message);
        const milliseconds = clock.now() - begin;
        trace.emit({
          kind: 'oci',
          argv: this.#argv(method),
          milliseconds,
          error: { code, message },
        });
      }
      throw error;
    }
  }

  #argv({ name }: DescMethodUnary): [program: string, method: string] {
    return [this.#options.path, name];
  }

  async #run<Method extends DescMethodUnary>(
    method: Method,
    json: JsonObject,
    links: TraceLinks,
    signal: AbortSignal,
  ): Promise<MessageShape<Method['output']>> {
    const { agent, clock, trace } = this.#options;
    const argv = this.#argv(method);
    const words = argv.join(' ');
    const time = limit + Number(json['timeout'] ?? 0) * 1000;
    const ending = new AbortController();
    const running = agent.run(
      { argv, env: environmentOf(method.input, json), extendEnv: true, cwd: '/root' },
      {
        input: JSON.stringify(json),
        outputLimit: longestOutput,
        onStart: (pid) => trace.processes.announce(pid, links),
        signal: ending.signal,
      },
    );
    try {
      const tooLong = `${words} had not ended after ${time / 1000} seconds, and was killed`;
      const { exit, stdout, stderr } = await withDeadline(running, clock, time, tooLong, signal);
      if (exit.code !== 0) throw failure(words, exit, new TextDecoder().decode(stderr).trim());
      return answerOf(method, words, new TextDecoder().decode(stdout));
    } finally {
      ending.abort();
    }
  }
}

/** What a program said that did not end well. */
function failure(
  words: string,
  { code, signal }: { code?: number; signal?: string },
  said: string,
): SandglassError {
  const how = signal === undefined ? `ended with code ${code}` : `was killed by ${signal}`;
  if (code === commandNotFound) {
    return new SandglassError('unimplemented', `${words} ${how}: ${said}`);
  }
  const [, name = '', rest = ''] = /^([A-Z][A-Za-z]+): ([^]*)$/.exec(said) ?? [];
  const errorCode = errorCodeNamed(name);
  if (errorCode) return new SandglassError(errorCode, rest);
  return new SandglassError('unknown', said === '' ? `${words} ${how}` : said);
}

/** Nothing at all stands for a response that says nothing. */
function answerOf<Method extends DescMethodUnary>(
  method: Method,
  words: string,
  text: string,
): MessageShape<Method['output']> {
  try {
    return fromJsonString(method.output, text.trim() === '' ? '{}' : text) as MessageShape<
      Method['output']
    >;
  } catch (error) {
    const why = asSandglassError(error).message;
    throw new SandglassError('internal', `${words} wrote no ${method.output.name}: ${why}`, {
      cause: error,
    });
  }
}
