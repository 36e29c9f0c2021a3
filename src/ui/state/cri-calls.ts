import type { TraceRecord } from '#base/trace-records.ts';

/** A call of the CRI, from the record of its beginning and that of its end. */
export interface CriCall {
  id: number;
  method: string;
  /** Milliseconds since 1970 by the cluster's clock. */
  time: number;
  /** What it is about: a pod's name, or the first digits of an id. */
  subject: string;
  request: unknown;
  /** Absent while the call is under way. */
  end?: { milliseconds: number; response?: unknown; error?: { code: string; message: string } };
}

/** The calls kept for the list. */
const capacity = 500;

/** The calls that a kubelet repeats by the clock, and that say nothing new most of the time. */
export const routineCalls: ReadonlySet<string> = new Set([
  'Version',
  'Status',
  'RuntimeConfig',
  'ListPodSandbox',
  'ListContainers',
  'ListImages',
  'ImageFsInfo',
  'ListContainerStats',
  'ListPodSandboxStats',
]);

/** The list with these records worked in. A list of an earlier cluster, whose ids were higher, is left behind. */
export function withRecords(
  calls: readonly CriCall[],
  records: readonly TraceRecord[],
): readonly CriCall[] {
  const [first] = records;
  if (!first) return calls;
  const next = first.id <= (calls.at(-1)?.id ?? 0) ? withoutLater(calls, first.id) : [...calls];
  for (const record of records) {
    if (record.kind === 'cri-call') {
      const { id, method, time, request } = record;
      next.push({ id, method, time, request, subject: subjectOf(record) });
    } else if (record.kind === 'cri-return') {
      const at = next.findLastIndex(({ id }) => id === record.parent);
      const call = next[at];
      if (!call) continue;
      const { milliseconds, response, error } = record;
      next[at] = { ...call, end: { milliseconds, response, ...(error && { error }) } };
    }
  }
  return next.slice(-capacity);
}

/** An end may come in a later batch than a call that began after it: only a new cluster begins at 1. */
function withoutLater(calls: readonly CriCall[], firstId: number): CriCall[] {
  return firstId === 1 ? [] : [...calls];
}

function subjectOf({ pod, sandboxId, containerId }: TraceRecord): string {
  if (pod) return pod.name;
  return (containerId ?? sandboxId ?? '').slice(0, 12);
}
