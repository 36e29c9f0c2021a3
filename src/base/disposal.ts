/** What must be undone when something ends, undone in reverse order, once. */
export class DisposalList {
  #undo: (() => void)[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Adds an action; if the list is disposed already, runs it at once. */
  add(undo: () => void): void {
    if (this.#disposed) undo();
    else this.#undo.push(undo);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const errors: unknown[] = [];
    for (const undo of this.#undo.reverse()) {
      try {
        undo();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#undo = [];
    if (errors.length > 0) throw new AggregateError(errors, 'Disposal failed in part.');
  }
}
