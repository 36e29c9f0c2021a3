import type { Directives } from 'mdast-util-directive';
import { type Place, contentError } from './content-error.ts';

/** The `{key="value"}` of a directive, of which each must be asked for. */
export class Attributes {
  readonly #values: Map<string, string>;
  readonly #name: string;
  readonly #place: Place;

  constructor({ attributes, name }: Directives, place: Place) {
    this.#values = new Map(
      Object.entries(attributes ?? {}).map(([key, value]) => [key, value ?? '']),
    );
    this.#name = name;
    this.#place = place;
  }

  text(key: string): string {
    const value = this.#values.get(key);
    this.#values.delete(key);
    if (value === undefined || value.trim() === '') {
      throw contentError(this.#place, `${this.#name} needs ${key}="…".`);
    }
    return value.trim();
  }

  /** Undefined where it is not given. */
  optional(key: string): string | undefined {
    return this.#values.has(key) ? this.text(key) : undefined;
  }

  choice<const Of extends readonly string[]>(key: string, of: Of): Of[number] {
    const value = this.text(key);
    if (of.includes(value)) return value;
    throw contentError(this.#place, `${key} is one of ${of.join(', ')}, not ${value}.`);
  }

  /** Throws for whatever has not been asked for. */
  end(): void {
    const [left] = this.#values.keys();
    if (left !== undefined) throw contentError(this.#place, `${this.#name} has no ${left}.`);
  }
}
