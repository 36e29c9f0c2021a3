/** The way from an object's root to a field, as messages write it: `spec.containers[0].name`. */
export class FieldPath {
  readonly #text: string;

  constructor(text = '') {
    this.#text = text;
  }

  child(...names: readonly string[]): FieldPath {
    return new FieldPath([this.#text, ...names].filter((part) => part !== '').join('.'));
  }

  index(index: number): FieldPath {
    return new FieldPath(`${this.#text}[${index}]`);
  }

  key(key: string): FieldPath {
    return new FieldPath(`${this.#text}[${key}]`);
  }

  toString(): string {
    return this.#text;
  }
}

/** From the root of the object. */
export function field(...names: readonly string[]): FieldPath {
  return new FieldPath().child(...names);
}
