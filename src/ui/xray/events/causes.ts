import type { PodRef, TraceRecord } from '#base/trace-records.ts';
import type { TraceEvent } from './trace-event.ts';

/** Of one pod: the latest event of each kind, and the work that is under way for it. */
interface PodThread {
  written?: TraceEvent;
  scheduled?: TraceEvent;
  iteration?: TraceEvent;
  work?: TraceEvent;
  calls: TraceEvent[];
  /** The latest on the node, of which PLEG may tell. */
  onNode?: TraceEvent;
}

/** Processes whose parent a later one may name. */
const processesRemembered = 2_000;

/**
 * Which event follows from which. No record says all of it: what the kubelet does for a pod follows from the last that
 * SyncLoop took for it, a CRI call from the pod worker's pass that is under way, what runs on the node from the call.
 */
export class Causes {
  readonly #pods = new Map<string, PodThread>();
  readonly #processes = new Map<number, TraceEvent>();

  /** Of an event that has just begun. */
  begun(event: TraceEvent, record: TraceRecord): void {
    const pods = podsOf(record);
    const cause = this.#causeOf(event, record, pods);
    if (cause && cause.id !== event.id) event.cause = cause.id;
    if (record.kind === 'schedule' && cause?.title.endsWith('/binding')) {
      // The scheduler tells of it when it has written it: it follows from what the scheduler began.
      if (cause.cause === undefined) delete event.cause;
      else event.cause = cause.cause;
      cause.cause = event.id;
    }
    for (const pod of pods) this.#learn(this.#threadOf(pod), event);
    if (record.kind === 'process' && record.pid !== undefined) this.#remember(record.pid, event);
  }

  /** Of what is told of when it has ended: what began meanwhile, and had no nearer cause, follows from it. */
  adopt(event: TraceEvent, recent: readonly TraceEvent[]): void {
    if (event.kind !== 'oci' && event.kind !== 'cni') return;
    for (const other of recent) {
      const isWithin = other.begin >= event.begin && other.begin <= (event.end ?? event.begin);
      if (other.kind !== 'process' || !isWithin || other.cause !== event.cause) continue;
      if (other.links.pod?.uid === event.links.pod?.uid) other.cause = event.id;
    }
  }

  ended(event: TraceEvent): void {
    const thread = this.#pods.get(event.links.pod?.uid ?? '');
    if (!thread) return;
    thread.calls = thread.calls.filter((call) => call !== event);
    if (event.kind === 'cri-call') thread.onNode = event;
  }

  /** Forgets the events that are kept no more, and the pods of which none is. */
  retain(isKept: (event: TraceEvent) => boolean): void {
    for (const [uid, { calls, ...latest }] of this.#pods) {
      const kept = Object.entries(latest).filter(([, event]) => isKept(event));
      const thread: PodThread = { ...Object.fromEntries(kept), calls: calls.filter(isKept) };
      if (kept.length === 0 && thread.calls.length === 0) this.#pods.delete(uid);
      else this.#pods.set(uid, thread);
    }
    for (const [pid, event] of this.#processes) if (!isKept(event)) this.#processes.delete(pid);
  }

  #causeOf(
    event: TraceEvent,
    record: TraceRecord,
    [pod]: readonly PodRef[],
  ): TraceEvent | undefined {
    const thread = pod && this.#threadOf(pod);
    switch (record.kind) {
      case 'api-write':
        if (record.verb === 'binding') return thread?.scheduled ?? thread?.written;
        return record.userAgent === 'kubelet' ? thread?.work : undefined;
      case 'schedule':
        return thread?.written;
      case 'sync-loop':
        if (record.source === 'config') return thread?.written;
        return record.source === 'pleg' ? thread?.onNode : undefined;
      case 'pod-worker':
        return thread?.iteration;
      case 'cri-call':
        return thread?.work && thread.work.end === undefined ? thread.work : undefined;
      case 'ninep':
      case 'frame':
      case 'vm-traffic':
      case 'lost':
      case 'agent-return':
        // Nothing says for which of the machine's processes, or what ended a wait.
        return undefined;
      case 'process':
        return this.#parentOf(event, record.parentPid) ?? thread?.calls.at(-1);
      default:
        return thread?.calls.at(-1);
    }
  }

  #parentOf(event: TraceEvent, pid: number | undefined): TraceEvent | undefined {
    const parent = pid === undefined ? undefined : this.#processes.get(pid);
    return parent?.links.pod?.uid === event.links.pod?.uid ? parent : undefined;
  }

  #learn(thread: PodThread, event: TraceEvent): void {
    switch (event.kind) {
      case 'api-write':
        thread.written = event;
        return;
      case 'schedule':
        thread.scheduled = event;
        return;
      case 'sync-loop':
        thread.iteration = event;
        return;
      case 'pod-worker':
        thread.work = event;
        return;
      case 'cri-call':
        thread.calls.push(event);
        return;
      case 'ninep':
      case 'frame':
      case 'vm-traffic':
      case 'lost':
        return;
      default:
        if (!event.routine) thread.onNode = event;
    }
  }

  #threadOf({ uid }: PodRef): PodThread {
    let thread = this.#pods.get(uid);
    if (!thread) this.#pods.set(uid, (thread = { calls: [] }));
    return thread;
  }

  #remember(pid: number, event: TraceEvent): void {
    this.#processes.delete(pid);
    this.#processes.set(pid, event);
    const [oldest] = this.#processes.keys();
    if (this.#processes.size > processesRemembered && oldest !== undefined)
      this.#processes.delete(oldest);
  }
}

function podsOf(record: TraceRecord): readonly PodRef[] {
  if (record.kind === 'sync-loop') return record.pods;
  return record.pod ? [record.pod] : [];
}
