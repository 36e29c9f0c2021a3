import type { TraceRecord } from '#base/trace-records.ts';
import type { CallBatch, CallsWanted } from '#rpc/contracts.ts';

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
    /** Absent of a call that failed, and if it is the same as one that is no longer kept. */
    response?: unknown;
    /** The response says nothing new. */
    unchanged: boolean;
    error?: { code: string; message: string };
  };
  /** How long the fields that are shown in part were, in bytes or characters. */
  shortened?: Readonly<Record<string, number>>;
}

/** The calls kept for the list; and the responses that those of later calls may be the same as. */
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

/** The calls of one cluster's CRI, put together from their records; those of the next take their place. */
export class CriCalls {
  #calls: readonly CriCall[] = [];
  #last: CallsWanted['after'];
  /** By record, the one that was told or referred to longest ago first: longer than its call may be in the list. */
  readonly #responses = new Map<number, unknown>();

  /** In the order they began. */
  get list(): readonly CriCall[] {
    return this.#calls;
  }

  /** What is missing of what there was. */
  get wanted(): CallsWanted {
    return { newest: capacity, ...(this.#last && { after: this.#last }) };
  }

  take({ cluster, records }: CallBatch): void {
    if (cluster !== this.#last?.cluster) {
      this.#calls = [];
      this.#responses.clear();
      this.#last = undefined;
    }
    this.#last = { cluster, id: records.at(-1)?.id ?? this.#last?.id ?? 0 };
    const calls = [...this.#calls];
    for (const record of records) {
      if (record.kind === 'cri-call') {
        calls.push(begun(record));
      } else {
        const response = this.#responseOf(record);
        const at = calls.findLastIndex(({ id }) => id === record.parent);
        const call = calls[at];
        if (call) calls[at] = { ...call, ...ended(call, record, response) };
      }
    }
    this.#calls = withinCapacity(calls);
  }

  #responseOf({ id, response, unchangedSince = id }: RecordOf<'cri-return'>): unknown {
    const kept = response ?? this.#responses.get(unchangedSince);
    this.#responses.delete(unchangedSince);
    if (kept !== undefined) this.#responses.set(unchangedSince, kept);
    const [oldest] = this.#responses.keys();
    if (this.#responses.size > capacity && oldest !== undefined) this.#responses.delete(oldest);
    return kept;
  }
}

type RecordOf<Kind> = Extract<TraceRecord, { kind: Kind }>;

function begun(record: RecordOf<'cri-call'>): CriCall {
  const { id, method, time, request, shortened } = record;
  const subject = subjectOf(record);
  return { id, method, time, request, subject, ...(shortened && { shortened }) };
}

function ended(
  call: CriCall,
  { milliseconds, unchangedSince, error, shortened }: RecordOf<'cri-return'>,
  response: unknown,
): Partial<CriCall> {
  return {
    end: {
      milliseconds,
      ...(response !== undefined && { response }),
      unchanged: unchangedSince !== undefined,
      ...(error && { error }),
    },
    ...(shortened && { shortened: { ...call.shortened, ...shortened } }),
  };
}

/** Without the oldest; those whose answers said nothing new go first, but for the latest. */
function withinCapacity(calls: CriCall[]): CriCall[] {
  let excess = calls.length - capacity;
  const latest = calls.at(-capacity / 10)?.id ?? 0;
  const goesFirst = ({ id, end }: CriCall) => id < latest && end?.unchanged === true;
  const kept = calls.filter((call) => excess <= 0 || !goesFirst(call) || excess-- <= 0);
  return kept.slice(-capacity);
}

function subjectOf({ pod, sandboxId, containerId }: TraceRecord): string {
  if (pod) return pod.name;
  return (containerId ?? sandboxId ?? '').slice(0, 12);
}
