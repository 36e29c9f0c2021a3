import type { ContainerRecord } from './container-record.ts';
import { stateOf } from './container-record.ts';
import type { SandboxRecord } from './sandbox-record.ts';
import { sandboxState } from './statuses.ts';
import type {
  ContainerFilter,
  ContainerStatsFilter,
  PodSandboxFilter,
  PodSandboxStatsFilter,
} from '#kube/cri/api_pb.ts';

/** Ids may be given by their beginning, as containerd takes them. */
export function matchesSandbox(
  sandbox: SandboxRecord,
  filter: PodSandboxFilter | PodSandboxStatsFilter | undefined,
): boolean {
  if (!filter) return true;
  const state = 'state' in filter ? filter.state : undefined;
  return (
    sandbox.id.startsWith(filter.id) &&
    (!state || state.state === sandboxState(sandbox)) &&
    hasLabels(sandbox.config.labels, filter.labelSelector)
  );
}

export function matchesContainer(
  container: ContainerRecord,
  filter: ContainerFilter | ContainerStatsFilter | undefined,
): boolean {
  if (!filter) return true;
  const state = 'state' in filter ? filter.state : undefined;
  return (
    container.id.startsWith(filter.id) &&
    container.sandboxId.startsWith(filter.podSandboxId) &&
    (!state || state.state === stateOf(container)) &&
    hasLabels(container.config.labels, filter.labelSelector)
  );
}

function hasLabels(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
