import { type Container, ContainerState } from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { fatal, matchesPattern, newestOf } from '#cli/crictl/filters.ts';
import type { RemoteImages } from '#cli/crictl/remote/remote-images.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';

export interface ContainerChoice {
  id?: string;
  pod: string;
  name: string;
  namespace: string;
  image: string;
  /** Of those running, if empty. */
  state: string;
  labels: Readonly<Record<string, string>>;
  all: boolean;
  latest: boolean;
  last: number;
}

const states: Readonly<Record<string, ContainerState>> = {
  created: ContainerState.CONTAINER_CREATED,
  running: ContainerState.CONTAINER_RUNNING,
  exited: ContainerState.CONTAINER_EXITED,
  unknown: ContainerState.CONTAINER_UNKNOWN,
};

/** Containers that are meant, the newest first (crictl, container.go, ListContainers). */
export async function listContainers(
  context: CrictlContext,
  runtime: RemoteRuntime,
  images: RemoteImages | undefined,
  choice: ContainerChoice,
): Promise<Container[]> {
  const { id = '', pod, labels, image, name, namespace } = choice;
  const state = stateOf(context, choice);
  const found = await wrapped('call list containers RPC', () =>
    runtime.listContainers({
      id,
      podSandboxId: pod,
      labelSelector: labels,
      ...(state !== undefined && { state: { state } }),
    }),
  );
  const matching: Container[] = [];
  for (const container of found) {
    const ofImage = await wrapped('check image match', () =>
      matchesImage(images, image, container.image?.image ?? ''),
    );
    if (!ofImage || !container.metadata) continue;
    const isMeant =
      matchesPattern(name, container.metadata.name) &&
      matchesPattern(namespace, labelOf(container, 'io.kubernetes.pod.namespace'));
    if (isMeant) matching.push(container);
  }
  return newestOf(matching, choice);
}

function stateOf(
  { clock }: CrictlContext,
  { all, state, latest, last }: ContainerChoice,
): ContainerState | undefined {
  const asked = state === '' ? undefined : states[state.toLowerCase()];
  if (state !== '' && asked === undefined) {
    throw fatal(clock, '--state should be one of created, running, exited or unknown');
  }
  // The newest are of any state.
  if (latest || last > 0) return undefined;
  return asked ?? (all ? undefined : ContainerState.CONTAINER_RUNNING);
}

/** Whether both names stand for the same image. */
async function matchesImage(
  images: RemoteImages | undefined,
  wanted: string,
  image: string,
): Promise<boolean> {
  if (wanted === '' || !images) return true;
  const [one, other] = [
    await images.imageStatus(wanted, false),
    await images.imageStatus(image, false),
  ];
  return one.image !== undefined && one.image.id === other.image?.id;
}

/** What the kubelet says of a container in its labels. */
export function labelOf({ labels }: Pick<Container, 'labels'>, name: string): string {
  return labels[name] ?? 'unknown';
}
