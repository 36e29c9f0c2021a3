import { untrack } from 'svelte';
import { TraceHistory } from '#base/trace-history.ts';
import type { TraceRecord } from '#base/trace-records.ts';
import type { NodeApi, TraceBatch, TracePosition } from '#rpc/contracts.ts';
import type { Machine } from './machine.svelte.ts';
import { TraceDetails } from './trace-details.ts';

/** What makes something of the trace: a figure's model, a lesson's check. */
export interface TraceReader {
  /** What it was told before is no more: another cluster, or another worker. */
  begin(): void;
  /** In the order of their ids. */
  take(records: readonly TraceRecord[]): void;
  /** Of what it was told, only this is kept. */
  retain(isKept: (id: number) => boolean): void;
}

/**
 * The trace of the cluster on the node, as far as the page keeps it. It goes on while somebody follows it, from where
 * it was left: each record costs the page work.
 */
export class Trace {
  readonly details: TraceDetails;
  readonly #machine: Machine;
  #readers: readonly TraceReader[] = [];
  #history = new TraceHistory();
  #position: TracePosition | undefined;
  #followers = 0;
  #replaying = false;
  #stopFollowing: () => void = () => undefined;
  #version = $state.raw(0);
  #lost = $state.raw(0);

  constructor(machine: Machine) {
    this.#machine = machine;
    this.details = new TraceDetails(machine);
    machine.connected.listen((api) => {
      this.#reset(undefined);
      if (this.#followers > 0) this.#watch(api);
    });
  }

  /**
   * Has an effect, or what is derived, run again with each change. What readers make of the trace, and what is read
   * below, is the same array or object before and after. Gives a number that grows with each.
   */
  track(): number {
    return this.#version;
  }

  /** Oldest first. */
  get records(): readonly TraceRecord[] {
    this.track();
    return this.#history.records;
  }

  /** After the latest record; cluster 0 before the first cluster. */
  position(): TracePosition {
    this.track();
    return this.#position ?? { cluster: 0, id: 0 };
  }

  /** What came after a position, as far as it is kept: everything, if that was in the trace of another cluster. */
  after({ cluster, id }: TracePosition): readonly TraceRecord[] {
    const isCurrent = cluster === this.position().cluster;
    return this.#history.after(isCurrent ? id : 0);
  }

  /** Records that the page was not told of, or had no room for. */
  get lost(): number {
    return this.#lost;
  }

  /** A record that is still kept. */
  get(id: number): TraceRecord | undefined {
    return this.#history.get(id);
  }

  /** Lets the trace go on until what it gives is called. */
  follow(): () => void {
    if (this.#followers++ === 0) this.#watch(this.#machine.api);
    let following = true;
    return () => {
      if (!following) return;
      following = false;
      if (--this.#followers === 0) this.#stopFollowing();
    };
  }

  /** Tells a reader what is kept and what comes, until what it gives is called. */
  read(reader: TraceReader): () => void {
    reader.begin();
    reader.take(this.#history.records);
    this.#readers = [...this.#readers, reader];
    const stop = this.follow();
    // What was made of the reader before it had read is to be made anew.
    untrack(() => this.#version++);
    return () => {
      this.#readers = this.#readers.filter((each) => each !== reader);
      stop();
    };
  }

  /** From now on shows another trace in place of the node's, as it is told by what this gives: a recorded one. */
  replay(): (batch: TraceBatch) => void {
    this.#stopFollowing();
    this.#replaying = true;
    this.#reset(undefined);
    return (batch) => {
      this.#take(batch);
    };
  }

  #take({ cluster, records, lost }: TraceBatch): void {
    if (cluster !== this.#position?.cluster) this.#reset(cluster);
    this.#position = { cluster, id: records.at(-1)?.id ?? this.#position?.id ?? 0 };
    const { dropped } = this.#history;
    for (const record of records) this.#history.add(record);
    for (const reader of this.#readers) reader.take(records);
    const droppedNow = this.#history.dropped - dropped;
    if (droppedNow > 0) {
      const isKept = (id: number) => this.#history.get(id) !== undefined;
      for (const reader of this.#readers) reader.retain(isKept);
    }
    this.#lost += lost + droppedNow;
    this.#version++;
  }

  #reset(cluster: number | undefined): void {
    this.#history = new TraceHistory();
    this.#position = cluster === undefined ? undefined : { cluster, id: 0 };
    this.#lost = 0;
    for (const reader of this.#readers) reader.begin();
    this.#version++;
  }

  #watch(api: NodeApi): void {
    if (this.#replaying) return;
    let following = true;
    const watch = api.watchTrace((batch) => {
      if (following && api === this.#machine.api) this.#take(batch);
    }, this.#position);
    // Only a dead worker refuses, which the machine's status tells.
    watch.catch(() => undefined);
    this.#stopFollowing = () => {
      following = false;
      watch.then((id) => api.unwatchTrace(id)).catch(() => undefined);
    };
  }
}
