import { readdirSync } from 'node:fs';
import path from 'node:path';

/** What lessons are written in; their code stands beside it, and what another locale lacks is taken from it. */
export const sourceLocale = 'en';

export const courseDirectory = path.resolve(import.meta.dirname, '../lessons');

const catalogues = path.resolve(import.meta.dirname, '../src/ui/words/locales');

/** The locales that have lessons, the source's first: the folders of `lessons/`. */
export function courseLocales(directory = courseDirectory): string[] {
  const folders = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => name !== sourceLocale);
  return [sourceLocale, ...folders.sort()];
}

/** The locales that have pages, the source's first: those with lessons or a catalogue of words. */
export function siteLocales(directory = courseDirectory): string[] {
  return [...new Set([...courseLocales(directory), ...localesWithWords()])];
}

function localesWithWords(): string[] {
  try {
    return readdirSync(catalogues)
      .filter((name) => /^[A-Za-z-]+\.ts$/.test(name))
      .map((name) => name.slice(0, -'.ts'.length));
  } catch {
    // There is no folder before there is a translation.
    return [];
  }
}
