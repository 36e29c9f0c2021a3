import { en } from './en.ts';

/** A string, or one made of what it is given; groups hold them by component. */
type Wider<T> = T extends string
  ? string
  : T extends (...values: infer V) => string
    ? (...values: V) => string
    : { readonly [K in keyof T]: Wider<T[K]> };

/** A whole catalogue of the interface's strings. */
export type Words = Wider<typeof en>;

/** A catalogue that lacks what is not translated yet. */
export type PartialWords = Parts<Words>;

type Parts<T> = T extends string | ((...values: never[]) => string)
  ? T
  : { readonly [K in keyof T]?: Parts<T[K]> };

/**
 * The reader's strings. They are settled once, before anything is drawn, and stay for a page's life:
 * read them where they are shown, and keep no copy at a module's top.
 */
export let words: Words = en;

/** Takes a locale's strings; those that it lacks are English. */
export function useWords(catalogue: PartialWords): void {
  words = withEnglish(en, catalogue) as Words;
}

function withEnglish(english: unknown, other: unknown): unknown {
  if (other === undefined) return english;
  if (typeof english !== 'object' || english === null) return other;
  const parts = other as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(english).map(([name, value]) => [name, withEnglish(value, parts[name])]),
  );
}
