import type { TraceEvent } from './trace-event.ts';

export interface NamedProcess {
  pid: number;
  name: string;
}

/** The processes that an event is about, or that it led to, in the order they began. */
export function pidsOf(event: TraceEvent, all: readonly TraceEvent[]): readonly NamedProcess[] {
  const chain = new Set([event.id]);
  const found = new Map<number, string>();
  if (event.links.pid !== undefined) found.set(event.links.pid, '');
  for (const other of all) {
    if (other.id <= event.id || other.cause === undefined || !chain.has(other.cause)) continue;
    chain.add(other.id);
    const { pid } = other.links;
    if (other.kind === 'process' && pid !== undefined) found.set(pid, other.title);
  }
  const named = [...found].map(([pid, name]) => ({ pid, name: name || nameOf(pid, all) }));
  return named.sort((one, other) => one.pid - other.pid);
}

function nameOf(pid: number, all: readonly TraceEvent[]): string {
  return all.findLast(({ kind, links }) => kind === 'process' && links.pid === pid)?.title ?? 'pid';
}
