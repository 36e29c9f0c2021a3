import type { Message } from '@bufbuild/protobuf';
import {
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from '@connectrpc/connect';
import type { Clock } from '#base/clock.ts';
import type { Gate } from '#base/gate.ts';
import type { Stepper } from '#base/stepper.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { CallLinks } from '#cri/call-links.ts';
import { processHeader } from '#kube/cri/process-header.ts';
import { type PlainMessage, plainMessage } from './plain-message.ts';
import { UnchangedAnswers } from './unchanged-answers.ts';

export interface CriObservers {
  /** What calls take: the machine's clock, which runs on while a held call stops the cluster's. */
  stopwatch: Clock;
  trace: TraceBus;
  stepper: Stepper;
  /** Shut while the cluster is saved: a call has all of its effects or none in what is saved. */
  gate: Gate;
}

/**
 * Each call can be held, and is told of. A step from one leads to the next of the same pod. A held call has been told
 * of, and has not begun: its time counts from when it may go on.
 */
export function observeCri(observers: CriObservers): Interceptor {
  const known: Known = { links: new CallLinks(), unchanged: new UnchangedAnswers() };
  return (next) => (call) =>
    call.stream
      ? observeStream(observers, call, (observed) => next(observed) as Promise<StreamResponse>)
      : observeUnary(observers, known, call, () => next(call) as Promise<UnaryResponse>);
}

interface Known {
  links: CallLinks;
  unchanged: UnchangedAnswers;
}

async function observeUnary(
  observers: CriObservers,
  known: Known,
  call: UnaryRequest,
  next: () => Promise<UnaryResponse>,
): Promise<UnaryResponse> {
  const { name: method, input, output } = call.method;
  const request = plainMessage(input, call.message);
  const links = known.links.of(request.json);
  const record = new CallRecord(observers, call, request, links);
  try {
    await record.pass();
    const answer = waiting.has(method)
      ? await next()
      : await observers.gate.pass(callInWords(method, links), next, call.signal);
    const { message, header } = answer;
    // A question about no pod in particular is asked again and again; what changes the node is none.
    const repeats = questions.has(method) && Object.keys(links).length === 0;
    const since = repeats ? known.unchanged.since(call.method, request.json, message) : undefined;
    if (since !== undefined && observers.trace.keeps(since)) {
      record.end({ unchangedSince: since });
      return answer;
    }
    const response = plainMessage(output, message);
    known.links.learn(method, request.json, response.json);
    const pid = Number(header.get(processHeader) ?? 0);
    const about = { ...known.links.of(request.json, response.json), ...(pid > 0 && { pid }) };
    const ended = record.end(answered(response), about);
    if (repeats) known.unchanged.learn(call.method, request.json, message, ended);
    return answer;
  } catch (thrown) {
    record.fail(thrown);
    throw thrown;
  }
}

/** Such as GetContainerEvents: one request, whose answers come for as long as its caller wants them. */
async function observeStream(
  observers: CriObservers,
  call: StreamRequest,
  next: (call: StreamRequest) => Promise<StreamResponse>,
): Promise<StreamResponse> {
  const { input, output } = call.method;
  const requests = await collected(call.message);
  const [first] = requests;
  const record = new CallRecord(observers, call, first ? plainMessage(input, first) : { json: {} });
  try {
    await record.pass();
    const answer = await next({ ...call, message: again(requests) });
    const tell = (message: Message) => record.message(plainMessage(output, message));
    return { ...answer, message: observed(answer.message, tell, record) };
  } catch (thrown) {
    record.fail(thrown);
    throw thrown;
  }
}

async function* observed(
  messages: AsyncIterable<Message>,
  tell: (message: Message) => void,
  record: CallRecord,
): AsyncIterable<Message> {
  try {
    for await (const message of messages) {
      tell(message);
      yield message;
    }
  } catch (thrown) {
    record.fail(thrown);
    throw thrown;
  } finally {
    // Also when its caller has had enough.
    record.end({});
  }
}

async function collected<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

async function* again<T>(parts: readonly T[]): AsyncIterable<T> {
  yield* await Promise.resolve(parts);
}

/** What the trace is told of one call, from its beginning to its end. */
class CallRecord {
  readonly #observers: CriObservers;
  readonly #call: UnaryRequest | StreamRequest;
  readonly #request: unknown;
  readonly #links: TraceLinks;
  readonly #id: number;
  #begin: number;
  #over = false;

  constructor(
    observers: CriObservers,
    call: UnaryRequest | StreamRequest,
    { json: request, ...shortened }: PlainMessage,
    links: TraceLinks = {},
  ) {
    this.#observers = observers;
    this.#call = call;
    this.#request = request;
    this.#links = links;
    this.#begin = observers.stopwatch.now();
    this.#id = observers.trace.emit({
      ...links,
      kind: 'cri-call',
      ...this.#name,
      request,
      ...shortened,
    }).id;
  }

  get #name(): { service: string; method: string } {
    return { service: this.#call.service.typeName, method: this.#call.method.name };
  }

  /** Resolves when it may go on. */
  async pass(): Promise<void> {
    const { stepper, stopwatch } = this.#observers;
    const details = { id: this.#id, request: this.#request };
    const { signal } = this.#call;
    const follows = this.#links.pod?.uid;
    await stepper.pass(`cri/${this.#call.method.name}`, details, { follows, signal });
    this.#begin = stopwatch.now();
  }

  /** One of a stream's. */
  message(message: PlainMessage): void {
    const name = { kind: 'cri-message', ...this.#name, parent: this.#id } as const;
    this.#observers.trace.emit({ ...name, ...answered(message) });
  }

  /** Gives the id of the record. */
  end(outcome: Answered | { unchangedSince: number } | object, links = this.#links): number {
    if (this.#over) return this.#id;
    return this.#return(outcome, links);
  }

  fail(thrown: unknown): void {
    const { code, rawMessage: message } = ConnectError.from(thrown);
    if (!this.#over) this.#return({ error: { code: String(code), message } }, this.#links);
  }

  #return(outcome: object, links: TraceLinks): number {
    this.#over = true;
    const { stopwatch, trace } = this.#observers;
    const milliseconds = stopwatch.now() - this.#begin;
    const name = { kind: 'cri-return', ...this.#name, parent: this.#id } as const;
    return trace.emit({ ...links, ...name, milliseconds, ...outcome }).id;
  }
}

type Answered = { response: unknown; shortened?: Readonly<Record<string, number>> };

function answered({ json, ...shortened }: PlainMessage): Answered {
  return { response: json, ...shortened };
}

/**
 * Calls that do at once what they do, and then wait, for up to a pod's grace period: cut short, they
 * leave nothing half done, and the kubelet makes them again.
 */
const waiting: ReadonlySet<string> = new Set(['StopContainer', 'ExecSync']);

/** Calls that only read, and may name no pod: PullImage, too, can answer what it answered before. */
const questions: ReadonlySet<string> = new Set([
  'Version',
  'Status',
  'RuntimeConfig',
  'ListPodSandbox',
  'ListPodSandboxStats',
  'ListPodSandboxMetrics',
  'ListContainers',
  'ListContainerStats',
  'ListMetricDescriptors',
  'ListImages',
  'ImageStatus',
  'ImageFsInfo',
]);

/** Such as `RunPodSandbox of default/web`. */
function callInWords(method: string, { pod, containerId, sandboxId }: TraceLinks): string {
  const id = containerId ?? sandboxId;
  const of = pod ? `${pod.namespace}/${pod.name}` : id?.slice(0, 13);
  return of === undefined ? method : `${method} of ${of}`;
}
