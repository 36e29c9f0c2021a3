export type Unsubscribe = () => void;

/** A typed event with any number of listeners, called in the order they came. */
export class Emitter<T> {
  readonly #listeners = new Set<(event: T) => void>();
  readonly #onListenerError: (error: unknown) => void;

  /** A listener that throws never keeps the others from hearing; its error goes to `onListenerError`. */
  constructor(onListenerError: (error: unknown) => void = reportToConsole) {
    this.#onListenerError = onListenerError;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  listen(listener: (event: T) => void): Unsubscribe {
    // A wrapper of its own, so that one function may listen twice and leave once.
    const entry = (event: T) => {
      listener(event);
    };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}

function reportToConsole(error: unknown): void {
  console.error('An event listener threw:', error);
}
