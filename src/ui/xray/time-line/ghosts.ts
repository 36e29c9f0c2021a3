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

/** Of what is held, and of the events before it, which know the sandbox that a call names. */
export function ghostsOf(
  held: HeldCall | undefined,
  { all }: Pick<EventSet, 'all'>,
): readonly Ghost[] {
  if (!held) return [];
  const { point, details } = held;
  if (!isCall(held)) return afterIteration[point.slice(10)]?.() ?? [];
  const method = point.slice(4);
  const request = (details as { request?: CriRequest }).request ?? {};
  const ghosts = afterCall[method]?.() ?? [];
  if (isForProgram(request)) {
    return [...runOfProgram(method), ...ghosts.filter(({ layer }) => layer === 'kubelet')];
  }
  return usesNodeNetwork(configOf(request, all))
    ? ghosts.filter(({ title }) => !title.startsWith('CNI'))
    : ghosts;
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

/** Of the sandbox that is to be made, or of the one that is named, as far as its making is known. */
function configOf(
  { config, podSandboxId }: CriRequest,
  events: readonly TraceEvent[],
): SandboxConfig | undefined {
  if (podSandboxId === undefined) return config;
  const made = events.findLast(
    ({ title, links }) => title === 'RunPodSandbox' && links.sandboxId === podSandboxId,
  );
  const [record] = made?.records ?? [];
  return record?.kind === 'cri-call' ? (record.request as CriRequest).config : undefined;
}

/** Then the sandbox joins no network (src/cri/sandbox-network.ts). */
function usesNodeNetwork(config: SandboxConfig | undefined): boolean {
  return config?.linux?.securityContext?.namespaceOptions?.network === 'NODE';
}

export function heldLayer(held: HeldCall): Layer {
  return isCall(held) ? 'shim' : 'kubelet';
}

/** `RunPodSandbox`, `SyncLoop (pleg)`. */
export function heldTitle(held: HeldCall): string {
  const { point } = held;
  return isCall(held) ? point.slice(4) : `SyncLoop (${point.slice(10)})`;
}

function isCall({ point }: HeldCall): boolean {
  return point.startsWith('cri/');
}
