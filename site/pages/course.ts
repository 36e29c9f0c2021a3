import type { PartSummary } from '#ui/site/page-data.ts';

export interface LocaleCourse {
  locale: string;
  parts: readonly PartSummary[];
}

/** The languages of the site, English first. */
export function readLocales(rootLocale: string): LocaleCourse[] {
  return [{ locale: rootLocale, parts: [] }];
}
