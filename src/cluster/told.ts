import { Emitter } from '#base/emitter.ts';

/** A value that changes, and those who are told of it: the present one first. */
export class Told<T> {
  readonly #changes = new Emitter<T>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  tell(value: T): void {
    this.#value = value;
    this.#changes.emit(value);
  }

  watch(listener: (value: T) => unknown): Promise<void> {
    send(listener, this.#value);
    this.#changes.listen((value) => send(listener, value));
    return Promise.resolve();
  }
}

/** Another thread's function gives a promise, which fails when that thread is gone. */
export function send<T>(listener: (value: T) => unknown, value: T): void {
  const told = listener(value);
  if (told instanceof Promise) told.catch(() => undefined);
}
