/** What one of SyncLoop's sources has ready. Sources never wait for the loop. */
export class SourceQueue<T> {
  readonly #items: T[] = [];
  readonly #onReady: () => void;

  constructor(onReady: () => void) {
    this.#onReady = onReady;
  }

  get ready(): boolean {
    return this.#items.length > 0;
  }

  push(item: T): void {
    this.#items.push(item);
    this.#onReady();
  }

  take(): T | undefined {
    return this.#items.shift();
  }
}
