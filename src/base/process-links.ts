import type { TraceLinks } from './trace-records.ts';

/**
 * Whose each process of the node is. Said once of the process that everything else descends from, such as a
 * container's first or the OCI runtime that makes it; a child belongs to whom its parent belongs to.
 */
export class ProcessLinks {
  readonly #living = new Map<number, TraceLinks>();
  /** Of processes whose fork has not been told of: it is to come, or was before anybody listened. */
  readonly #announced = new Map<number, TraceLinks>();

  /** Before the process's fork has been told of, or if it never will be. */
  announce(pid: number, links: TraceLinks): void {
    this.#announced.set(pid, links);
  }

  /** Nothing for a process that belongs to no pod. */
  of(pid: number): TraceLinks {
    return this.#living.get(pid) ?? this.#announced.get(pid) ?? {};
  }

  forked(pid: number, parentPid: number): TraceLinks {
    const links = this.#announced.get(pid) ?? this.of(parentPid);
    this.#announced.delete(pid);
    // The kernel may have lost word of the end of one that had the number before.
    if (Object.keys(links).length > 0) this.#living.set(pid, links);
    else this.#living.delete(pid);
    return links;
  }

  exited(pid: number): TraceLinks {
    const links = this.of(pid);
    this.#living.delete(pid);
    this.#announced.delete(pid);
    return links;
  }
}
