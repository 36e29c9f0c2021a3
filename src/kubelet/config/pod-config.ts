import type { Pod } from '#kube/types.ts';
import { canonicalText } from '#kubelet/canonical.ts';
import { isDeleted, uidOf } from '#kubelet/pod-facts.ts';

export type PodSource = 'file' | 'api';

/** pkg/kubelet/types/pod_update.go */
export type PodOperation = 'ADD' | 'UPDATE' | 'REMOVE' | 'DELETE' | 'RECONCILE';

export interface PodUpdate {
  op: PodOperation;
  source: PodSource;
  pods: Pod[];
}

const operations = ['REMOVE', 'ADD', 'UPDATE', 'DELETE', 'RECONCILE'] as const;

/**
 * Merges what each source wants into changes: each source tells all its pods, and hears nothing of
 * the others' (pkg/kubelet/config/config.go).
 */
export class PodConfig {
  readonly #onUpdate: (update: PodUpdate) => void;
  readonly #known = new Map<PodSource, ReadonlyMap<string, Pod>>();

  constructor(onUpdate: (update: PodUpdate) => void) {
    this.#onUpdate = onUpdate;
  }

  /** Whether each of the sources has told its pods once; before that nothing unknown may be removed. */
  seenAll(sources: readonly PodSource[]): boolean {
    return sources.every((source) => this.#known.has(source));
  }

  set(source: PodSource, pods: readonly Pod[]): void {
    const isFirst = !this.#known.has(source);
    const previous = this.#known.get(source) ?? new Map<string, Pod>();
    const next = new Map(pods.map((pod) => [uidOf(pod), pod]));
    this.#known.set(source, next);
    const changes = new Map<PodOperation, Pod[]>(operations.map((op) => [op, []]));
    for (const [uid, pod] of previous) if (!next.has(uid)) changes.get('REMOVE')?.push(pod);
    for (const [uid, pod] of next) {
      const op = operationOf(previous.get(uid), pod);
      if (op) changes.get(op)?.push(pod);
    }
    for (const [op, changed] of changes) {
      if (changed.length > 0) this.#onUpdate({ op, source, pods: changed });
    }
    // A source that begins without pods says so once: the kubelet waits for all of them.
    if (isFirst && next.size === 0) this.#onUpdate({ op: 'ADD', source, pods: [] });
  }
}

/** checkAndUpdatePod: what the kubelet acts on is an update, a status alone is to be reconciled. */
function operationOf(before: Pod | undefined, pod: Pod): PodOperation | undefined {
  if (!before) return 'ADD';
  const version = pod.metadata?.resourceVersion;
  if (version !== undefined && version === before.metadata?.resourceVersion) return undefined;
  if (canonicalText(semantic(before)) !== canonicalText(semantic(pod))) {
    return isDeleted(pod) ? 'DELETE' : 'UPDATE';
  }
  return canonicalText(before.status) === canonicalText(pod.status) ? undefined : 'RECONCILE';
}

/** podsDifferSemantically */
function semantic({ metadata, spec }: Pod): unknown {
  return {
    spec,
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    deletionTimestamp: metadata?.deletionTimestamp,
    deletionGracePeriodSeconds: metadata?.deletionGracePeriodSeconds,
  };
}
