import { type DescMethod, fromBinary } from '@bufbuild/protobuf';
import type { Clock } from '#base/clock.ts';
import type { Stepper } from '#base/stepper.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { AgentService } from '#runtimes/kata/agent_pb.ts';
import { codeOf } from '#runtimes/kata/grpc-codes.ts';
import { TtrpcFrameReader, frameType } from '#runtimes/kata/ttrpc-frames.ts';
import { RequestSchema, ResponseSchema } from '#runtimes/kata/ttrpc_pb.ts';
import type { VsockTap } from '#runtimes/kata/vsock.ts';
import { plainMessage } from './plain-message.ts';

export interface AgentObservers {
  /** The machine's: what a held call takes is not the agent's time. */
  stopwatch: Clock;
  trace: TraceBus;
  stepper: Stepper;
}

/** Calls that are under way all the time, as each waits for what comes next: they are told of when it has come, and never held. */
const waiting = new Set(['ReadStdout', 'ReadStderr', 'WaitProcess', 'GetOOMEvent']);

const methods = new Map<string, DescMethod>(
  AgentService.methods.map((method) => [method.name, method]),
);

interface AgentCall {
  method: DescMethod;
  request: ReturnType<typeof plainMessage>;
  begin: number;
  /** The record of it, by id; of a waiting call there is none. */
  record?: number;
}

/** Tells the trace of the calls of a machine's agent, and holds those that the reader wants held. */
export function observeAgent(observers: AgentObservers, links: TraceLinks): VsockTap {
  const { stopwatch, trace, stepper } = observers;
  const calls = new Map<number, AgentCall>();
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
    const { status, payload } = fromBinary(ResponseSchema, message);
    const { method, begin, record } = call;
    const milliseconds = stopwatch.now() - begin;
    const about = {
      kind: 'agent-return',
      method: method.name,
      milliseconds,
      ...links,
      ...(record !== undefined && { parent: record }),
    } as const;
    if (status && status.code !== 0) {
      // The end of a stream that is read, and a wait that is over with its machine, are no failures.
      if (waiting.has(method.name)) return;
      const { code, message: why } = status;
      trace.emit({ ...about, error: { code: codeOf(code), message: why } });
      return;
    }
    const { json, ...short } = plainMessage(method.output, fromBinary(method.output, payload));
    trace.emit({ ...about, response: json, ...short });
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

  /** The bytes go on when each of the calls that begin in them may; of a machine that has ended no call is held. */
  async function pass(begun: readonly AgentCall[], signal?: AbortSignal): Promise<void> {
    for (const call of begun) {
      const { method, request } = call;
      const follows = links.pod?.uid;
      await stepper.pass(`agent/${method.name}`, request.json, { follows, signal });
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
