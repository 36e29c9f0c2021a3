import type { Clock } from '#base/clock.ts';
import type { Emitter } from '#base/emitter.ts';
import type { Change } from '#apiserver/storage/change-log.ts';
import type { Store } from '#apiserver/storage/store.ts';

/** upstream: kube-apiserver's --event-ttl; each write begins it anew */
const lifeMilliseconds = 60 * 60 * 1000;

/** Removes events an hour after they were last written, as etcd's leases do for upstream. */
export class EventExpiry {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #collection: string;
  /** By key, the earliest first: a written event moves to the end. */
  readonly #due = new Map<string, number>();
  #cancel: (() => void) | undefined;

  constructor(store: Store, clock: Clock, collection: string, closing: Emitter<undefined>) {
    this.#store = store;
    this.#clock = clock;
    this.#collection = collection;
    for (const { key } of store.list(collection))
      this.#due.set(key, clock.now() + lifeMilliseconds);
    const stopListening = store.listen((change) => this.#onChange(change));
    closing.listen(() => {
      stopListening();
      this.#cancel?.();
    });
    this.#schedule();
  }

  #onChange({ collection, key, type }: Change): void {
    if (collection !== this.#collection) return;
    this.#due.delete(key);
    if (type !== 'DELETED') this.#due.set(key, this.#clock.now() + lifeMilliseconds);
    this.#schedule();
  }

  #schedule(): void {
    const first = this.#due.values().next();
    if (this.#cancel || first.done) return;
    this.#cancel = this.#clock.schedule(first.value - this.#clock.now(), () => {
      this.#cancel = undefined;
      this.#expire();
      this.#schedule();
    });
  }

  #expire(): void {
    for (const [key, due] of [...this.#due]) {
      if (due > this.#clock.now()) return;
      this.#due.delete(key);
      if (this.#store.get(this.#collection, key)) this.#store.delete(this.#collection, key);
    }
  }
}
