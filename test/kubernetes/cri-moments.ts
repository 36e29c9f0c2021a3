import type { TraceRecord } from '#base/trace-records.ts';

/** The calls that change the node. */
export const changingCalls: ReadonlySet<string> = new Set([
  'PullImage',
  'RunPodSandbox',
  'StopPodSandbox',
  'RemovePodSandbox',
  'CreateContainer',
  'StartContainer',
  'StopContainer',
  'RemoveContainer',
]);

type CriRecord = Extract<TraceRecord, { kind: 'cri-call' | 'cri-return' }>;

interface Named {
  id?: string;
  metadata?: { name?: string };
}

/** Both sides of each call that changes the node, in words that are the same in every life of the cluster. */
export class CriMoments {
  readonly #containerNames = new Map<string, string>();
  /** Of the CreateContainer under way, by its record. */
  readonly #creating = new Map<number, string>();

  /** Such as `before StartContainer main`; undefined for any other record, and for a call that failed. */
  of(record: TraceRecord): string | undefined {
    if (record.kind !== 'cri-call' && record.kind !== 'cri-return') return undefined;
    this.#learn(record);
    if (!changingCalls.has(record.method)) return undefined;
    if (record.kind === 'cri-return' && record.error) return undefined;
    const side = record.kind === 'cri-call' ? 'before' : 'after';
    const name =
      record.method === 'CreateContainer'
        ? this.#creating.get(record.kind === 'cri-call' ? record.id : (record.parent ?? 0))
        : this.#containerNames.get(record.containerId ?? '');
    return [side, record.method, ...(name === undefined ? [] : [name])].join(' ');
  }

  #learn(record: CriRecord): void {
    const { method } = record;
    if (record.kind === 'cri-call') {
      const { config } = record.request as { config?: Named };
      if (method === 'CreateContainer') this.#creating.set(record.id, config?.metadata?.name ?? '');
      return;
    }
    const { containerId, containers } = (record.response ?? {}) as {
      containerId?: string;
      containers?: readonly Named[];
    };
    if (method === 'CreateContainer') {
      this.#name(containerId, this.#creating.get(record.parent ?? 0));
    }
    for (const { id, metadata } of containers ?? []) this.#name(id, metadata?.name);
  }

  #name(id: string | undefined, name: string | undefined): void {
    if (id !== undefined && name !== undefined) this.#containerNames.set(id, name);
  }
}
