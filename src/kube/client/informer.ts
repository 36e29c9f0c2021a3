import { sleep, type Clock } from '#base/clock.ts';
import { SandglassError, asSandglassError, cancelledError } from '#base/errors.ts';
import type { Resource } from '#kube/resources.ts';
import { isExpired, isTooLargeResourceVersion } from '#kube/status.ts';
import type { KubeObject } from '#kube/types.ts';
import type { KubeClient } from './client.ts';
import type { WatchEvent } from './options.ts';
import { ListWatchBackoff } from './backoff.ts';
import { Store, storeKey } from './store.ts';

export interface InformerHandler<T> {
  /** `initial` while the first list is being told. */
  onAdd?: ((object: T, initial: boolean) => void) | undefined;
  onUpdate?: ((next: T, previous: T) => void) | undefined;
  onDelete?: ((object: T) => void) | undefined;
}

export interface InformerSettings<T extends KubeObject> {
  api: KubeClient;
  resource: Resource<T>;
  clock: Clock;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Told of every list or watch that fails; the informer goes on by itself. */
  onError?: ((error: unknown) => void) | undefined;
  /** Spreads the back-off; between 0 and 1. */
  random?: (() => number) | undefined;
}

/**
 * A copy of what the server has, kept current: lists, then watches from there, and again when the
 * watch ends (client-go, tools/cache/reflector.go and shared_informer.go).
 */
export class Informer<T extends KubeObject> {
  readonly store = new Store<T>();
  readonly #settings: InformerSettings<T>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #backoff: ListWatchBackoff;
  readonly #waiting = new Set<() => void>();
  #resourceVersion = '';
  #hasSynced = false;

  constructor(settings: InformerSettings<T>) {
    this.#settings = settings;
    this.#backoff = new ListWatchBackoff(settings.clock, settings.random);
  }

  /** Whether the first list is in the store and told to the handlers. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Of the last list, event or bookmark. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** Handlers must not throw. One that comes late is told first what is there already. */
  listen(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler);
    if (this.#hasSynced) for (const object of this.store.list()) handler.onAdd?.(object, true);
    return () => this.#handlers.delete(handler);
  }

  waitForSync(signal?: AbortSignal): Promise<void> {
    if (this.#hasSynced) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = () => {
        signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(done);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(done);
        if (signal) reject(cancelledError(signal));
      };
      if (signal?.aborted) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(done);
    });
  }

  /** Keeps the store current until the signal fires, which is no error. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#list(signal);
        await this.#watchUntilExpired(signal);
      } catch (error) {
        if (stopped(signal)) return;
        if (isExpired(error) || isTooLargeResourceVersion(error)) {
          // What is listed next must be the latest: upstream lists with an empty version then.
          this.#resourceVersion = '';
          continue;
        }
        this.#settings.onError?.(error);
        await this.#pause(signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, resource, namespace, labelSelector, fieldSelector } = this.#settings;
    const list = await api.list(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      signal,
      ...(this.#resourceVersion === '' ? {} : { resourceVersion: this.#resourceVersion }),
    });
    this.#replace(list.items);
    this.#resourceVersion = list.metadata?.resourceVersion ?? '';
    this.#hasSynced = true;
    for (const done of [...this.#waiting]) done();
  }

  /** Watches anew from the last version when the server ends a watch; ends by throwing. */
  async #watchUntilExpired(signal: AbortSignal): Promise<never> {
    const { api, resource, namespace, labelSelector, fieldSelector, clock } = this.#settings;
    for (;;) {
      const started = clock.now();
      let received = 0;
      try {
        const events = api.watch(resource, {
          namespace,
          labelSelector,
          fieldSelector,
          signal,
          resourceVersion: this.#resourceVersion,
          allowWatchBookmarks: true,
        });
        for await (const event of events) {
          received++;
          this.#apply(event);
        }
      } catch (error) {
        if (!isTransient(error)) throw error;
        // The copy is still good: watch again from where it stands.
        this.#settings.onError?.(error);
        await this.#pause(signal);
        if (!stopped(signal)) continue;
      }
      if (stopped(signal)) throw cancelledError(signal);
      // A server that ends watches at once is not to be asked in a tight loop.
      if (received === 0 && clock.now() - started < 1000) await this.#pause(signal);
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await sleep(this.#settings.clock, this.#backoff.next(), signal).catch((error: unknown) => {
      if (!(error instanceof SandglassError && error.code === 'cancelled')) throw error;
    });
  }

  #replace(objects: readonly T[]): void {
    const listed = new Set(objects.map(storeKey));
    for (const object of this.store.list()) {
      if (!listed.has(storeKey(object))) this.#remove(object);
    }
    for (const object of objects) this.#put(object, !this.#hasSynced);
  }

  #apply(event: WatchEvent<T>): void {
    const version = event.object.metadata?.resourceVersion;
    if (version !== undefined) this.#resourceVersion = version;
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#put(event.object, false);
        break;
      case 'DELETED':
        this.#remove(event.object);
        break;
      case 'BOOKMARK':
        break;
    }
  }

  #put(object: T, initial: boolean): void {
    const previous = this.store.replace(object);
    if (!previous) {
      this.#tell((handler) => handler.onAdd?.(object, initial));
    } else if (previous.metadata?.resourceVersion !== object.metadata?.resourceVersion) {
      this.#tell((handler) => handler.onUpdate?.(object, previous));
    }
  }

  #remove(object: T): void {
    if (this.store.remove(object)) this.#tell((handler) => handler.onDelete?.(object));
  }

  #tell(tell: (handler: InformerHandler<T>) => void): void {
    for (const handler of [...this.#handlers]) tell(handler);
  }
}

/** The server could not be asked, or had too much to do: nothing is wrong with the copy. */
function isTransient(error: unknown): boolean {
  const { code } = asSandglassError(error);
  return code === 'unavailable' || code === 'resource-exhausted';
}

/** In a function, because the compiler takes the property for constant between two awaits. */
function stopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
