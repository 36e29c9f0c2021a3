import { type DescMethod, fromBinary } from '@bufbuild/protobuf';
import type { Clock } from '#base/clock.ts';
import type { Stepper } from '#base/stepper.ts';
import type { TraceBus } from '#base/trace.ts';
import { type TraceLinks, agentStreamMethods } from '#base/trace-records.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { codeOf } from '#runtimes/kata/grpc-codes.ts';
import { TtrpcFrameReader, frameType } from '#runtimes/kata/ttrpc-frames.ts';
import { RequestSchema, ResponseSchema } from '#runtimes/kata/ttrpc_pb.ts';
import type { VsockTap } from '#runtimes/kata/vsock.ts';
import { plainMessage } from './plain-message.ts';
import { RecordRoom, sumInterval } from './record-room.ts';

export interface AgentObservers {
  /** The machine's: what a held call takes is not the agent's time. */
  stopwatch: Clock;
  trace: TraceBus;
  stepper: Stepper;
}

/** Calls that are under way all the time, as each waits for what comes next: they are told of when it has come, and never held. */
const waiting = new Set(['ReadStdout', 'ReadStderr', 'WaitProcess', 'GetOOMEvent']);

/** Of a machine's, in a second, of what goes through its containers' streams: one that only writes has thousands. */
const piecesMax = 20;

const methods = new Map<string, DescMethod>(
  AgentService.methods.map((method) => [method.name, method]),
);

interface AgentCall {
  method: DescMethod;
  request: ReturnType<typeof plainMessage>;
  begin: number;
  /** The record of it, by id; of a waiting call there is none. */
  record?: number;
  /** There is none of its end either. */
  untold?: boolean;
}

/** Tells the trace of the calls of a machine's agent, and holds those that the reader wants held. */
export function observeAgent(observers: AgentObservers, links: TraceLinks): VsockTap {
  const { stopwatch, trace, stepper } = observers;
  const calls = new Map<number, AgentCall>();
  const room = new RecordRoom(stopwatch, piecesMax);
  let untold = 0;
  let arrived: AgentCall[] = [];

  const requests = new TtrpcFrameReader(({ stream, type, message }) => {
    if (type !== frameType.request) return;
    const { method: name, payload } = fromBinary(RequestSchema, message);
    const method = methods.get(name);
    if (!method) return;
    const request = plainMessage(method.input, fromBinary(method.input, payload));
    const call: AgentCall = { method, request, begin: stopwatch.now() };
    calls.set(stream, call);
    if (!waiting.has(name)) arrived.push(call);
  });

  const responses = new TtrpcFrameReader(({ stream, type, message }) => {
    const call = calls.get(stream);
    if (!call || type !== frameType.response) return;
    calls.delete(stream);
    if (call.untold || (waiting.has(call.method.name) && !tells(call.method))) return;
    const { method, begin, record } = call;
    const outcome = outcomeOf(method, message);
    // The end of a stream that is read, and a wait that is over with its machine, are no failures.
    if ('error' in outcome && waiting.has(method.name)) return;
    trace.emit({
      kind: 'agent-return',
      method: method.name,
      milliseconds: stopwatch.now() - begin,
      ...outcome,
      ...links,
      ...(record !== undefined && { parent: record }),
    });
  });

  return {
    toGuest(bytes, signal) {
      arrived = [];
      requests.feed(bytes);
      return arrived.length > 0 ? pass(arrived, signal) : undefined;
    },
    fromGuest(bytes) {
      responses.feed(bytes);
    },
  };

  /** Unless it is a piece of a stream too many, which is counted. */
  function tells({ name }: DescMethod): boolean {
    if (!agentStreamMethods.has(name) || room.take()) return true;
    if (++untold === 1) stopwatch.schedule(sumInterval, tellUntold);
    return false;
  }

  function tellUntold(): void {
    trace.emit({
      kind: 'lost',
      what: 'pieces of streams',
      count: untold,
      detail: 'machine',
      ...links,
    });
    untold = 0;
  }

  /** The bytes go on when each of the calls that begin in them may. One whose machine ends meanwhile was never made. */
  async function pass(begun: readonly AgentCall[], signal: AbortSignal): Promise<void> {
    for (const call of begun) {
      const { method, request } = call;
      const follows = links.pod?.uid;
      await stepper.pass(`agent/${method.name}`, request.json, { follows, signal });
      call.untold = !tells(method);
      if (call.untold) continue;
      const { json, ...short } = request;
      const record = trace.emit({
        kind: 'agent-call',
        method: method.name,
        request: json,
        ...short,
        ...links,
      });
      call.record = record.id;
      call.begin = stopwatch.now();
    }
  }
}

/** What a response says. One that cannot be read goes on to the shim all the same, which makes of it what it will. */
function outcomeOf(method: DescMethod, response: Uint8Array) {
  try {
    const { status, payload } = fromBinary(ResponseSchema, response);
    if (status && status.code !== 0)
      return { error: { code: codeOf(status.code), message: status.message } };
    const { json, ...short } = plainMessage(method.output, fromBinary(method.output, payload));
    return { response: json, ...short };
  } catch {
    return { error: { code: 'data-loss', message: "The agent's answer cannot be read." } };
  }
}
