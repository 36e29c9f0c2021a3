import { isRestartableInitContainer, mainContainers } from './containers.ts';
import { parseQuantity, type Quantity } from './quantity.ts';
import type { Pod, PodSpec } from './types.ts';

export type ResourceList = Readonly<Record<string, string>>;

type Amounts = Map<string, Quantity>;
type Kind = 'requests' | 'limits';

/** What a scheduler sets aside for the pod: its containers', or the pod's own, and the runtime's overhead. */
export function podRequests(pod: Pod): Record<string, string> {
  return total(pod.spec, 'requests');
}

export function podLimits(pod: Pod): Record<string, string> {
  return total(pod.spec, 'limits');
}

/**
 * The most that the containers need at one time: all of them with the sidecars, or one init container
 * with the sidecars before it (component-helpers, resource/helpers.go, AggregateContainerRequests).
 */
export function aggregateContainers(spec: PodSpec, kind: Kind): Record<string, string> {
  return texts(aggregate(spec, kind));
}

/** Resources that may be given for the pod as a whole. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

function total(spec: PodSpec | undefined, kind: Kind): Record<string, string> {
  if (!spec) return {};
  const amounts = aggregate(spec, kind);
  for (const [name, amount] of read(spec.resources?.[kind])) {
    if (isPodLevelResource(name)) amounts.set(name, amount);
  }
  for (const [name, amount] of read(spec.overhead)) {
    // A limit that nobody set is not made one by the overhead.
    const current = amounts.get(name);
    if (current) amounts.set(name, current.add(amount));
    else if (kind === 'requests') amounts.set(name, amount);
  }
  return texts(amounts);
}

function aggregate(spec: PodSpec, kind: Kind): Amounts {
  const running: Amounts = new Map();
  for (const container of mainContainers(spec)) add(running, read(container.resources?.[kind]));
  const sidecars: Amounts = new Map();
  const starting: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const needed = new Map(read(container.resources?.[kind]));
    if (isRestartableInitContainer(container)) {
      add(running, needed);
      add(sidecars, needed);
      raise(starting, sidecars);
    } else {
      add(needed, sidecars);
      raise(starting, needed);
    }
  }
  raise(running, starting);
  return running;
}

function read(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

function texts(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, amount.toString()]));
}

function add(to: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) to.set(name, to.get(name)?.add(amount) ?? amount);
}

function raise(to: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    const current = to.get(name);
    if (!current || current.compare(amount) < 0) to.set(name, amount);
  }
}
