import type { Node, Taint } from '#kube/types.ts';

/** The taint of a condition's status (pkg/controller/nodelifecycle, nodeConditionToTaintKeyStatusMap). */
const taintOfCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};

const unschedulable = 'node.kubernetes.io/unschedulable';

/** Other taints are of whoever has set them. */
const managed = new Set([
  ...Object.values(taintOfCondition).flatMap((taints) => Object.values(taints)),
  unschedulable,
]);

/** The keys of the NoSchedule taints that a node's conditions ask for, and that it is cordoned. */
export function wantedTaints({ spec, status }: Node): string[] {
  const ofConditions = (status?.conditions ?? []).flatMap(
    ({ type, status: is }) => taintOfCondition[type]?.[is] ?? [],
  );
  return spec?.unschedulable ? [...ofConditions, unschedulable] : ofConditions;
}

/** What the taints become; undefined if they are so already. A taint that stays keeps the time when it came. */
export function withTaints(
  taints: readonly Taint[],
  wanted: readonly string[],
  now: string,
): Taint[] | undefined {
  const isManaged = ({ key, effect }: Taint) => effect === 'NoSchedule' && managed.has(key);
  const has = (key: string) => taints.some((taint) => isManaged(taint) && taint.key === key);
  const kept = taints.filter((taint) => !isManaged(taint) || wanted.includes(taint.key));
  const added = wanted.filter((key) => !has(key));
  if (kept.length === taints.length && added.length === 0) return undefined;
  return [...kept, ...added.map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded: now }))];
}
