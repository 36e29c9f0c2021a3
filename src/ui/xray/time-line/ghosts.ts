import type { HeldCall } from '#base/stepper.ts';
import { words } from '#ui/words/words.ts';
import type { EventSet, Layer, TraceEvent } from '#ui/xray/events/trace-event.ts';

/** What will come of a call that is held, as far as the code of the kubelet and the shim says. */
export interface Ghost {
  layer: Layer;
  title: string;
}

/**
 * What the shim does in answer to a call (src/cri/run-sandbox.ts and its neighbours) and what the kubelet asks for next
 * (src/kubelet/kuberuntime). A pid is the kernel's to choose.
 */
const afterCall: Readonly<Record<string, () => readonly Ghost[]>> = {
  RunPodSandbox: () => [
    { layer: 'runtime', title: 'CNI ADD' },
    { layer: 'runtime', title: 'create, start' },
    { layer: 'kernel', title: 'pause, pid ?' },
    { layer: 'kubelet', title: words.traceTitles.either('PullImage', 'CreateContainer') },
  ],
  CreateContainer: () => [{ layer: 'kubelet', title: 'StartContainer' }],
  StartContainer: () => [
    { layer: 'runtime', title: 'create, start' },
    { layer: 'kernel', title: 'pid ?' },
  ],
  PullImage: () => [{ layer: 'kubelet', title: 'CreateContainer' }],
  StopContainer: () => [
    { layer: 'runtime', title: 'kill' },
    { layer: 'kernel', title: 'exit ?' },
  ],
  RemoveContainer: () => [{ layer: 'runtime', title: 'delete' }],
  StopPodSandbox: () => [
    { layer: 'runtime', title: 'kill, delete' },
    { layer: 'kernel', title: 'pause, exit' },
    { layer: 'runtime', title: 'CNI DEL' },
  ],
  ExecSync: () => [
    { layer: 'runtime', title: 'exec' },
    { layer: 'kernel', title: 'pid ?' },
  ],
};

const afterSync = (): readonly Ghost[] => [
  { layer: 'kubelet', title: words.traceTitles.podWorker },
];

const afterIteration: Readonly<Record<string, () => readonly Ghost[]>> = {
  config: afterSync,
  pleg: afterSync,
  sync: afterSync,
  liveness: afterSync,
  readiness: () => [{ layer: 'api', title: 'PATCH status' }],
  startup: afterSync,
  'container-manager': afterSync,
};

/**
 * The same where the pod is a virtual machine (src/runtimes/kata): what runs in it is no process of the node. What has
 * ended is removed from the machine at once, not when the kubelet asks for it.
 */
const afterCallOfMachine: Readonly<Record<string, () => readonly Ghost[]>> = {
  RunPodSandbox: () => [
    { layer: 'runtime', title: 'CNI ADD' },
    { layer: 'kernel', title: 'shim, VMM, pid ?' },
    { layer: 'machine', title: 'CreateSandbox' },
    { layer: 'machine', title: 'StartContainer' },
    { layer: 'kubelet', title: words.traceTitles.either('PullImage', 'CreateContainer') },
  ],
  CreateContainer: () => [{ layer: 'kubelet', title: 'StartContainer' }],
  StartContainer: () => [
    { layer: 'kernel', title: 'share, pid ?' },
    { layer: 'machine', title: 'CreateContainer' },
    { layer: 'machine', title: 'StartContainer' },
  ],
  PullImage: () => [{ layer: 'kubelet', title: 'CreateContainer' }],
  StopContainer: () => [
    { layer: 'machine', title: 'SignalProcess' },
    { layer: 'machine', title: 'RemoveContainer' },
    { layer: 'kernel', title: 'share, pid ?' },
  ],
  StopPodSandbox: () => [
    { layer: 'machine', title: 'SignalProcess' },
    { layer: 'machine', title: 'DestroySandbox' },
    { layer: 'kernel', title: 'shim, VMM, exit' },
    { layer: 'runtime', title: 'CNI DEL' },
  ],
  ExecSync: () => [{ layer: 'machine', title: 'ExecProcess' }],
};

/** The agent's calls in the order in which a sandbox begins (src/runtimes/kata/kata-sandbox.ts). */
const beginning = [
  'ReseedRandomDev',
  'SetGuestDateTime',
  'UpdateInterface',
  'UpdateRoutes',
  'CreateSandbox',
  'GetGuestDetails',
  'CreateContainer',
  'StartContainer',
];

/** Of those that follow, so many are said. */
const followers = 3;

/** A container's own two belong to two calls of the kubelet's: only of what is before them it is sure what follows. */
function afterAgentCall(method: string): readonly Ghost[] {
  const at = beginning.indexOf(method);
  if (at < 0 || at >= beginning.indexOf('CreateContainer')) return [];
  const next = beginning.slice(at + 1, at + 1 + followers);
  return next.map((title) => ({ layer: 'machine', title }));
}

/** Of what is held, and of the events before it, which know the sandbox that a call names. */
export function ghostsOf(
  held: HeldCall | undefined,
  { all }: Pick<EventSet, 'all'>,
): readonly Ghost[] {
  if (!held) return [];
  const { place, name } = pointOf(held);
  if (place === 'agent') return afterAgentCall(name);
  if (place === 'sync-loop') return afterIteration[name]?.() ?? [];
  const request = (held.details as { request?: CriRequest }).request ?? {};
  const { runtimeHandler = '', config } = sandboxOf(request, all) ?? {};
  if (runtimeHandler.startsWith(machines.handlerPrefix)) return afterCallOfMachine[name]?.() ?? [];
  const ghosts = afterCall[name]?.() ?? [];
  if (isForProgram(request)) {
    return [...runOfProgram(name), ...ghosts.filter(({ layer }) => layer === 'kubelet')];
  }
  return usesNodeNetwork(config) ? ghosts.filter(({ title }) => !title.startsWith('CNI')) : ghosts;
}

/** What ghosts depend on of a request, as protobuf's JSON. */
interface CriRequest {
  podSandboxId?: string;
  containerId?: string;
  runtimeHandler?: string;
  config?: SandboxConfig;
}

interface SandboxConfig {
  linux?: { securityContext?: { namespaceOptions?: { network?: string } } };
}

/** What the handlers of pods that are virtual machines begin with (src/runtimes/kata/machines.ts). */
const machines = { handlerPrefix: 'kata-' } as const;

/** The reader's own runtime, by its handler and by what its ids begin with (src/cri/scripted). */
const program = { handler: 'toy', idPrefix: 'toy-' } as const;

function isForProgram({ runtimeHandler, podSandboxId, containerId }: CriRequest): boolean {
  if (runtimeHandler !== undefined && runtimeHandler !== '')
    return runtimeHandler === program.handler;
  return (containerId ?? podSandboxId ?? '').startsWith(program.idPrefix);
}

/** The shim runs it once a call; what it does then is its own. */
function runOfProgram(method: string): readonly Ghost[] {
  return [
    { layer: 'runtime', title: `${program.handler} ${method}` },
    { layer: 'kernel', title: `${program.handler}, pid ?` },
  ];
}

/** How the sandbox is to be made, or how the one that is named was made, as far as that is known. */
function sandboxOf(request: CriRequest, events: readonly TraceEvent[]): CriRequest | undefined {
  const { podSandboxId, containerId } = request;
  if (podSandboxId === undefined && containerId === undefined) return request;
  const sandboxId =
    podSandboxId ??
    events.findLast(({ links }) => links.containerId === containerId)?.links.sandboxId;
  const made = events.findLast(
    ({ title, links }) => title === 'RunPodSandbox' && links.sandboxId === sandboxId,
  );
  const [record] = made?.records ?? [];
  return record?.kind === 'cri-call' ? (record.request as CriRequest) : undefined;
}

/** Then the sandbox joins no network (src/cri/sandbox-network.ts). */
function usesNodeNetwork(config: SandboxConfig | undefined): boolean {
  return config?.linux?.securityContext?.namespaceOptions?.network === 'NODE';
}

export function heldLayer(held: HeldCall): Layer {
  return layers[pointOf(held).place].held;
}

/** Whoever makes it. */
export function callerLayer(held: HeldCall): Layer {
  return layers[pointOf(held).place].caller;
}

/** `RunPodSandbox`, `SyncLoop (pleg)`. */
export function heldTitle(held: HeldCall): string {
  const { place, name } = pointOf(held);
  return place === 'sync-loop' ? `SyncLoop (${name})` : name;
}

const layers = {
  cri: { caller: 'kubelet', held: 'shim' },
  'sync-loop': { caller: 'kubelet', held: 'kubelet' },
  agent: { caller: 'runtime', held: 'machine' },
} as const;

function pointOf({ point }: HeldCall): { place: keyof typeof layers; name: string } {
  const slash = point.indexOf('/');
  return { place: point.slice(0, slash) as keyof typeof layers, name: point.slice(slash + 1) };
}
