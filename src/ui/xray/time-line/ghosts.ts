import type { HeldCall } from '#base/stepper.ts';
import { words } from '#ui/words/words.ts';
import type { Layer } from '#ui/xray/events/trace-event.ts';

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

export function ghostsOf(held: HeldCall | undefined): readonly Ghost[] {
  if (!held) return [];
  const { point } = held;
  const next = isCall(held) ? afterCall[point.slice(4)] : afterIteration[point.slice(10)];
  return next?.() ?? [];
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
