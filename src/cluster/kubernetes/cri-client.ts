import {
  ConnectError,
  type ConnectRouter,
  type Interceptor,
  createRouterTransport,
} from '@connectrpc/connect';
import type { Clock } from '#base/clock.ts';
import type { Gate } from '#base/gate.ts';
import type { Stepper } from '#base/stepper.ts';
import type { TraceBus } from '#base/trace.ts';
import type { TraceLinks } from '#base/trace-records.ts';
import { type CriClients, criClients } from '#kube/cri/client.ts';
import { processHeader } from '#kube/cri/process-header.ts';
import { CallLinks } from './call-links.ts';
import { plainMessage } from './plain-message.ts';
import { UnchangedAnswers } from './unchanged-answers.ts';

/** The services of the CRI, and who sees each call of them: what a router transport or a real listener is made of. */
export interface CriService {
  routes: (router: ConnectRouter) => void;
  interceptors: Interceptor[];
}

export interface CriObservers {
  clock: Clock;
  trace: TraceBus;
  stepper: Stepper;
  /** Shut while the cluster is saved: a call has all of its effects or none in what is saved. */
  gate: Gate;
}

/** The CRI by its generated client, in this thread. */
export function criClientsOf({ routes, interceptors }: CriService): CriClients {
  return criClients(createRouterTransport(routes, { transport: { interceptors } }));
}

/**
 * Each call can be held, and is told of. A step from one leads to the next of the same pod. A held call has been told of, and has not begun: its time counts from
 * when it may go on.
 */
export function observeCri({ clock, trace, stepper, gate }: CriObservers): Interceptor {
  const known = new CallLinks();
  const unchanged = new UnchangedAnswers();
  return (next) => async (call) => {
    if (call.stream) return next(call);
    const service = call.service.typeName;
    const method = call.method.name;
    const { json: request, ...cut } = plainMessage(call.method.input, call.message);
    const links = known.of(request);
    const { id } = trace.emit({ ...links, kind: 'cri-call', service, method, request, ...cut });
    const begun = { at: clock.now() };
    const returned = { ...links, kind: 'cri-return', service, method, parent: id } as const;
    const took = () => ({ milliseconds: clock.now() - begun.at });
    try {
      await stepper.pass(
        `cri/${method}`,
        { id, request },
        { follows: links.pod?.uid, signal: call.signal },
      );
      const work = () => {
        begun.at = clock.now();
        return next(call);
      };
      const answer = waiting.has(method)
        ? await work()
        : await gate.pass(callInWords(method, links), work, call.signal);
      if (answer.stream) return answer;
      const { message } = answer;
      // A question about no pod in particular is asked again and again.
      const repeats = Object.keys(links).length === 0;
      const since = repeats ? unchanged.since(call.method, request, message) : undefined;
      if (since !== undefined && trace.keeps(since)) {
        trace.emit({ ...returned, ...took(), unchangedSince: since });
        return answer;
      }
      const { json: response, ...shortened } = plainMessage(call.method.output, message);
      known.learn(method, request, response);
      const pid = Number(answer.header.get(processHeader) ?? 0);
      const { id: record } = trace.emit({
        ...returned,
        ...known.of(request, response),
        ...(pid > 0 && { pid }),
        ...took(),
        response,
        ...shortened,
      });
      if (repeats) unchanged.learn(call.method, request, message, record);
      return answer;
    } catch (thrown) {
      const { code, rawMessage: message } = ConnectError.from(thrown);
      trace.emit({ ...returned, ...took(), error: { code: String(code), message } });
      throw thrown;
    }
  };
}

/**
 * Calls that do at once what they do, and then wait, for up to a pod's grace period: cut short, they
 * leave nothing half done, and the kubelet makes them again.
 */
const waiting: ReadonlySet<string> = new Set(['StopContainer', 'ExecSync']);

/** Such as `RunPodSandbox of default/web`. */
function callInWords(method: string, { pod, containerId, sandboxId }: TraceLinks): string {
  const id = containerId ?? sandboxId;
  const of = pod ? `${pod.namespace}/${pod.name}` : id?.slice(0, 13);
  return of === undefined ? method : `${method} of ${of}`;
}
