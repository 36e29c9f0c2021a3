import type { Pod, PodCondition, PodStatus } from '#kube/types.ts';
import { canonicalText } from '#kubelet/canonical.ts';

/** Merge keys of a pod status' lists (the API's x-kubernetes-patch-merge-key); the others are replaced whole. */
const addressLists = ['hostIPs', 'podIPs'] as const;

/**
 * The strategic merge patch that makes the pod's status this one; undefined if it is
 * (pkg/util/pod/pod.go, PatchPodStatus). Only what differs is in it, so that others' fields stay.
 */
export function statusPatch(
  pod: Pod,
  next: PodStatus,
): { status: Record<string, unknown> } | undefined {
  const before: PodStatus = pod.status ?? {};
  const status: Record<string, unknown> = {};
  const fields = new Set([...Object.keys(before), ...Object.keys(next)]) as Set<keyof PodStatus>;
  for (const field of fields) {
    if (field === 'conditions') continue;
    const [old, value] = [before[field], next[field]];
    if (canonicalText(old) === canonicalText(value)) continue;
    // What the kubelet does not speak of is not its to remove.
    if (value === undefined && !removable.has(field)) continue;
    const isAddressList = (addressLists as readonly string[]).includes(field);
    status[field] =
      isAddressList && Array.isArray(value)
        ? [{ $patch: 'replace' }, ...(value as unknown[])]
        : (value ?? null);
  }
  const conditions = conditionsPatch(before.conditions ?? [], next.conditions ?? []);
  if (conditions) Object.assign(status, conditions);
  return Object.keys(status).length === 0 ? undefined : { status };
}

const removable = new Set<keyof PodStatus>(['reason', 'message', 'podIP', 'podIPs']);

function conditionsPatch(
  before: readonly PodCondition[],
  next: readonly PodCondition[],
): Record<string, unknown> | undefined {
  const changed = next.flatMap((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    if (old && canonicalText(old) === canonicalText(condition)) return [];
    return [{ ...(old && absentAsNull(old, condition)), ...condition }];
  });
  // Their order alone is not worth a write.
  if (changed.length === 0) return undefined;
  return { '$setElementOrder/conditions': next.map(({ type }) => ({ type })), conditions: changed };
}

function absentAsNull(old: PodCondition, next: PodCondition): Record<string, null> {
  const gone = Object.keys(old).filter((key) => !(key in next));
  return Object.fromEntries(gone.map((key) => [key, null]));
}
