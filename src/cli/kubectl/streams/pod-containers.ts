import type { Container, Pod } from '#kube/types.ts';
import { failure } from '#cli/command/errors.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';

const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

/** In the order in which messages name them (kubectl, pkg/cmd/util/podcmd). */
export function containersOf({ spec }: Pod): Container[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...ephemeralOf(spec)];
}

function ephemeralOf(spec: Pod['spec']): Container[] {
  return spec?.ephemeralContainers ?? [];
}

export function containerNames(pod: Pod): string {
  const { spec } = pod;
  const names = (containers: readonly Container[], note: string) =>
    containers.map(({ name }) => `${name}${note}`);
  return [
    ...names(spec?.containers ?? [], ''),
    ...names(ephemeralOf(spec), ' (ephem)'),
    ...names(spec?.initContainers ?? [], ' (init)'),
  ].join(', ');
}

/** The container asked for, the annotated one or the first, which is told (podcmd.go, FindOrDefaultContainerByName). */
export async function chooseContainer(
  { err }: KubectlContext,
  pod: Pod,
  asked: string,
  quiet = false,
): Promise<Container> {
  const podName = pod.metadata?.name ?? '';
  const containers = containersOf(pod);
  if (asked !== '') {
    const found = containers.find(({ name }) => name === asked);
    if (found) return found;
    throw failure(`container ${asked} not found in pod ${podName}`);
  }
  const annotated = pod.metadata?.annotations?.[defaultContainerAnnotation] ?? '';
  if (annotated !== '') {
    const found = containers.find(({ name }) => name === annotated);
    if (found) return found;
    await err.line(`Default container name "${annotated}" not found in pod ${podName}`);
  }
  const first = pod.spec?.containers[0];
  if (!first) throw failure(`pod ${podName} has no containers`);
  if (containers.length > 1 && !quiet) {
    await err.line(`Defaulted container "${first.name}" out of: ${containerNames(pod)}`);
  }
  return first;
}
