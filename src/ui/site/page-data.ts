import type { Credits } from '#ui/about/credits.ts';

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
  | { kind: 'playground' }
  | { kind: 'real' }
  | { kind: 'credits'; credits: Credits };

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

/** The page's data, in a browser. */
export function readPageData(): PageData {
  return JSON.parse(document.getElementById(pageDataId)?.textContent ?? '') as PageData;
}
