/** A promise with its handles outside, for an answer that comes as a frame. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Not everybody waits for every answer; a failure that nobody waits for is no crash.
    this.promise.catch(() => undefined);
  }
}
