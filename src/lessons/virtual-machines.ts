import { quote } from '#base/shell-quote.ts';
import { uidOnNode } from '#kube/mirror-pods.ts';
import type { Pod } from '#kube/types.ts';
import type { CommandResult } from '#rpc/node-calls.ts';
import type { Scene } from './code.ts';

/** A sandbox that is a virtual machine. */
export interface VirtualMachine {
  /** The sandbox's. */
  id: string;
  /** The runtime's handler that made it, such as `kata-fc`. */
  handler: string;
  /** The pod's. */
  uid: string;
  /** How many sandboxes the pod had before it. */
  attempt: number;
  ready: boolean;
}

/** A sandbox as `crictl` lists it. */
interface Sandbox {
  id: string;
  state: string;
  runtimeHandler: string;
  metadata: { uid: string; attempt?: number };
}

/** The virtual machines that the node's runtime knows of. */
export async function virtualMachines({
  run,
}: Pick<Scene, 'run'>): Promise<readonly VirtualMachine[]> {
  const { stdout } = await run('crictl pods -o json');
  const { items } = JSON.parse(stdout || '{"items":[]}') as { items: readonly Sandbox[] };
  return items
    .filter(({ runtimeHandler }) => runtimeHandler.startsWith('kata-'))
    .map(({ id, state, runtimeHandler, metadata }) => ({
      id,
      handler: runtimeHandler,
      uid: metadata.uid,
      attempt: metadata.attempt ?? 0,
      ready: state === 'SANDBOX_READY',
    }));
}

/** The pods whose sandbox is a virtual machine that is ready: of one handler, or of any. */
export async function machinePods(scene: Scene, handler?: string): Promise<readonly Pod[]> {
  const machines = (await virtualMachines(scene)).filter(
    (machine) => machine.ready && (handler === undefined || machine.handler === handler),
  );
  return scene.pods.filter((pod) => machines.some(({ uid }) => uid === uidOnNode(pod)));
}

/** What a command in a pod's container says: in its first, unless one is named. */
export function inContainer(
  { run }: Pick<Scene, 'run'>,
  { metadata, spec }: Pod,
  { container = spec?.containers[0]?.name ?? '', command }: { container?: string; command: string },
): Promise<CommandResult> {
  const { name = '', namespace = 'default' } = metadata ?? {};
  return run(
    `kubectl exec -n ${quote(namespace)} ${quote(name)} -c ${quote(container)} -- ${command}`,
  );
}
