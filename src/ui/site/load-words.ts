import { type PartialWords, useWords } from '#ui/words/words.ts';

/** The catalogues of other languages than English, each a chunk of its own. */
const catalogues = import.meta.glob<{ catalogue: PartialWords }>('../words/locales/*.ts');

/** Settles the page's language; false for one without a catalogue, which has English words around its lessons. */
export async function loadWords(locale: string): Promise<boolean> {
  const load = catalogues[`../words/locales/${locale}.ts`];
  useWords(load ? (await load()).catalogue : {});
  return load !== undefined;
}
