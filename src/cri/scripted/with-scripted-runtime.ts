import type { DescMethod, DescMethodUnary, Message } from '@bufbuild/protobuf';
import { SandglassError } from '#base/errors.ts';
import { type RunPodSandboxRequest, RuntimeService } from '#kube/cri/api_pb.ts';
import type { ScriptedProgram } from './scripted-program.ts';

type Calls = Readonly<Record<string, (request: never, context: never) => unknown>>;
type Call = (request: Message, context: { readonly signal: AbortSignal }) => unknown;

/** What a response of a list or of Status has of the lists that are put together. */
type Lists = Readonly<Record<string, readonly unknown[]>>;

/** The handler that a RuntimeClass names. */
export const scriptedHandler = 'toy';

/** What the ids of the program's sandboxes and containers begin with: by it later calls find the program. */
const idPrefix = 'toy-';

const { method: methods } = RuntimeService;

/**
 * The calls of the RuntimeService, of which those about the handler's sandboxes and their containers go to the program.
 * A runtime that is interposed like this was frakti: it ran pods as virtual machines, and left others to dockershim.
 */
export function withScriptedRuntime<T extends Calls>(own: T, program: ScriptedProgram): T {
  const calls = own as unknown as Readonly<Record<string, Call>>;
  const ownCall = (method: DescMethodUnary): Call => {
    const call = calls[method.localName];
    if (call) return call;
    throw new SandglassError('internal', `There is no ${method.name} to stand before.`);
  };
  const routed = RuntimeService.methods.flatMap((method) => {
    if (!isUnary(method) || !Object.hasOwn(own, method.localName)) return [];
    return [[method.localName, byId(method, ownCall(method), program)] as const];
  });
  const making = new Making(program);
  return {
    ...own,
    ...Object.fromEntries(routed),
    runPodSandbox: making.run(ownCall(methods.runPodSandbox)),
    listPodSandbox: making.list(methods.listPodSandbox, 'items', ownCall(methods.listPodSandbox)),
    listContainers: making.list(
      methods.listContainers,
      'containers',
      ownCall(methods.listContainers),
    ),
    status: withHandler(ownCall(methods.status)),
  };
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary';
}

function byId(method: DescMethodUnary, own: Call, program: ScriptedProgram): Call {
  return (request, context) =>
    idOf(request).startsWith(idPrefix)
      ? callProgram(program, method, request, context.signal)
      : own(request, context);
}

/** Of what a request is about; empty if that is nothing in particular. */
function idOf(request: Message): string {
  const { containerId, podSandboxId } = request as { containerId?: string; podSandboxId?: string };
  return containerId ?? podSandboxId ?? '';
}

async function callProgram(
  program: ScriptedProgram,
  method: DescMethodUnary,
  request: Message,
  signal: AbortSignal,
): Promise<Message> {
  const answer = await program.call(method, request, signal);
  const makes = method.name === 'RunPodSandbox' || method.name === 'CreateContainer';
  const id = idOf(answer);
  if (makes && !id.startsWith(idPrefix)) {
    const field = method.name === 'RunPodSandbox' ? 'podSandboxId' : 'containerId';
    throw new SandglassError(
      'internal',
      `${method.name} gave "${id}" as ${field}, which must begin with ${idPrefix}`,
    );
  }
  return answer;
}

/** What is made, and the lists of it: the program is not asked for what it cannot have. */
class Making {
  readonly #program: ScriptedProgram;
  /** How many sandboxes it was asked for. */
  #asked = 0;
  /** That number when it had nothing; an earlier life of the service may have left something. */
  #nothingAt = -1;

  constructor(program: ScriptedProgram) {
    this.#program = program;
  }

  run(own: Call): Call {
    return async (request, context) => {
      const { runtimeHandler } = request as RunPodSandboxRequest;
      if (runtimeHandler !== scriptedHandler) return own(request, context);
      try {
        return await callProgram(this.#program, methods.runPodSandbox, request, context.signal);
      } finally {
        this.#asked++;
      }
    };
  }

  list(method: DescMethodUnary, field: string, own: Call): Call {
    return async (request, context) => {
      const { [field]: ours = [] } = (await own(request, context)) as Lists;
      if (!(await this.#hasAny(context.signal))) return { [field]: ours };
      const theirs = await this.#program.ask(method, context.signal);
      const { [field]: others = [] } = theirs as unknown as Lists;
      const { filter } = request as unknown as { filter?: Filter };
      return { [field]: [...ours, ...others.filter((entry) => matches(entry as Entry, filter))] };
    };
  }

  async #hasAny(signal: AbortSignal): Promise<boolean> {
    const asked = this.#asked;
    if (this.#nothingAt === asked) return false;
    if (await this.#program.hasRecords(signal)) return true;
    this.#nothingAt = asked;
    return false;
  }
}

/** A sandbox or container in a list, and what a request has its list narrowed to. */
interface Entry {
  id: string;
  podSandboxId?: string;
  state: number;
  labels: Readonly<Record<string, string>>;
}

interface Filter {
  id: string;
  podSandboxId?: string;
  state?: { state: number };
  labelSelector: Readonly<Record<string, string>>;
}

/** The program gives all that it has. */
function matches({ id, podSandboxId = '', state, labels }: Entry, filter?: Filter): boolean {
  if (!filter) return true;
  return (
    id.startsWith(filter.id) &&
    podSandboxId.startsWith(filter.podSandboxId ?? '') &&
    (!filter.state || filter.state.state === state) &&
    Object.entries(filter.labelSelector).every(([name, value]) => labels[name] === value)
  );
}

/** Status names every handler with what it can do; this one's features are none. */
function withHandler(own: Call): Call {
  return async (request, context) => {
    const status = (await own(request, context)) as Lists;
    const features = { recursiveReadOnlyMounts: false, userNamespaces: false };
    const handler = { name: scriptedHandler, features };
    return { ...status, runtimeHandlers: [...(status['runtimeHandlers'] ?? []), handler] };
  };
}
