import type { Lesson } from '#lessons/lesson.ts';
import type { Credits } from '#ui/about/credits.ts';
import type { Words } from '#ui/words/words.ts';

/** What the build tells a page of itself. It stands in the page as JSON, for the script that takes the page over. */
export type PageData = PageFrame & PageContent;

export interface PageFrame {
  /** The language of the interface, as BCP 47 names it. */
  locale: string;
  /** From the page to the root of its locale: `./` or `../` and so on. */
  root: string;
  /** From the page to the root of the site, where its files are. */
  site: string;
}

export type PageContent =
  | { kind: 'home'; first: LessonLink | undefined }
  | { kind: 'contents'; parts: readonly PartSummary[] }
  | LessonContent
  | PlaygroundContent
  | { kind: 'real' }
  | { kind: 'credits'; credits: Credits };

/** What is said while there is no code to say it: where that, or a part of it, has not come. */
export type BrokenWords = Words['site']['broken'];

export interface PlaygroundContent {
  kind: 'playground';
  broken: BrokenWords;
}

export interface LessonContent {
  kind: 'lesson';
  part: { slug: string; title: string };
  lesson: Lesson;
  /** Slugs of steps that are in English in place of the page's language. */
  untranslated: readonly string[];
  previous: LessonLink | undefined;
  next: LessonLink | undefined;
  broken: BrokenWords;
}

export interface LessonLink {
  part: string;
  slug: string;
  title: string;
}

export interface LessonSummary extends LessonLink {
  summary: string;
  minutes: number;
  steps: readonly { slug: string; title: string }[];
}

export interface PartSummary {
  slug: string;
  title: string;
  summary: string;
  lessons: readonly LessonSummary[];
}

/** The element of the page that has its data. */
export const pageDataId = 'page-data';

/** The element of a page that lists what the next page will need; the build makes it (site/load-ahead.ts). */
export const aheadId = 'load-ahead';

/** The page's data, in a browser. */
export function readPageData(): PageData {
  return JSON.parse(document.getElementById(pageDataId)?.textContent ?? '') as PageData;
}
