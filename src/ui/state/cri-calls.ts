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
  end?: {
    milliseconds: number;
    response?: unknown;
    /** The record that has the response: of this call, or of the one since which it is the same. */
    record: number;
    unchanged: boolean;
    error?: { code: string; message: string };
  };
  /** How long the fields that are shown in part were, in bytes or characters. */
  shortened?: Readonly<Record<string, number>>;
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
      next.push(begun(record));
    } else if (record.kind === 'cri-return') {
      const at = next.findLastIndex(({ id }) => id === record.parent);
      const call = next[at];
      if (!call) continue;
      next[at] = { ...call, ...ended(call, record, next) };
    }
  }
  return withinCapacity(next);
}

type RecordOf<Kind> = Extract<TraceRecord, { kind: Kind }>;

function begun(record: RecordOf<'cri-call'>): CriCall {
  const { id, method, time, request, shortened } = record;
  const subject = subjectOf(record);
  return { id, method, time, request, subject, ...(shortened && { shortened }) };
}

function ended(
  call: CriCall,
  { id, milliseconds, response, unchangedSince, error, shortened }: RecordOf<'cri-return'>,
  calls: readonly CriCall[],
): Partial<CriCall> {
  const before =
    unchangedSince === undefined
      ? undefined
      : calls.findLast(({ end }) => end?.record === unchangedSince);
  return {
    end: {
      milliseconds,
      record: unchangedSince ?? id,
      response: before?.end?.response ?? response,
      unchanged: unchangedSince !== undefined,
      ...(error && { error }),
    },
    ...(shortened && { shortened: { ...call.shortened, ...shortened } }),
  };
}

/** Without the oldest; those whose answers said nothing new go first. */
function withinCapacity(calls: CriCall[]): CriCall[] {
  let excess = calls.length - capacity;
  const kept = calls.filter(({ end }) => excess <= 0 || !end?.unchanged || excess-- <= 0);
  return kept.slice(-capacity);
}

/** An end may come in a later batch than a call that began after it: only a new cluster begins at 1. */
function withoutLater(calls: readonly CriCall[], firstId: number): CriCall[] {
  return firstId === 1 ? [] : [...calls];
}

function subjectOf({ pod, sandboxId, containerId }: TraceRecord): string {
  if (pod) return pod.name;
  return (containerId ?? sandboxId ?? '').slice(0, 12);
}
