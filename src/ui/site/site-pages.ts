import type { Part } from '#lessons/lesson.ts';
import type { Credits } from '#ui/about/credits.ts';
import { words } from '#ui/words/words.ts';
import { loadWords } from './load-words.ts';
import type { LessonLink, PageContent, PageData, PartSummary } from './page-data.ts';

/** A page of the site, as the build knows it. */
export interface SitePage {
  /** Below the site's root, ending in a slash; empty for the home page. */
  path: string;
  /** The language of its words, which is English for a locale that has only lessons. */
  lang: string;
  title: string;
  description: string;
  /** Fills the window and does not scroll. */
  fixed: boolean;
  data: PageData;
}

/** What the pages of a language are made of. */
export interface SiteContent {
  locale: string;
  parts: readonly Part[];
  /** Whether a step is in the locale's language, by its lesson's folder and its slug. */
  isTranslated: (folder: string, step: string) => boolean;
  credits: Credits;
}

/** The language at the site's root; others have a folder of their own. */
export const rootLocale = 'en';

/** The pages of a language. */
export async function sitePages(content: SiteContent): Promise<SitePage[]> {
  const { locale, parts, credits } = content;
  const lang = (await loadWords(locale)) ? locale : rootLocale;
  const folder = locale === rootLocale ? '' : `${locale}/`;
  const drawn = (path: string, text: PageText, content: PageContent, fixed = false): SitePage => ({
    path: folder + path,
    lang,
    ...text,
    fixed,
    data: { locale, root: wayUp(path), site: wayUp(folder + path), ...content },
  });
  const page = (
    path: string,
    content: Exclude<PageContent, { kind: 'lesson' }>,
    fixed = false,
  ): SitePage => {
    const { kind } = content;
    const text = { title: words.titles[kind], description: words.descriptions[kind] };
    return drawn(path, text, content, fixed);
  };
  const links = linksOf(parts);
  const lessons = parts.flatMap((part) => part.lessons.map((lesson) => ({ part, lesson })));
  return [
    page('', { kind: 'home', first: links[0] }),
    page('lessons/', { kind: 'contents', parts: summariesOf(parts) }),
    ...lessons.map(({ part, lesson }, index) => {
      const { slug, title, summary, folder: lessonFolder, steps } = lesson;
      const untranslated = steps
        .map((step) => step.slug)
        .filter((step) => !content.isTranslated(lessonFolder, step));
      return drawn(
        `lessons/${part.slug}/${slug}/`,
        { title, description: summary },
        {
          kind: 'lesson',
          part: { slug: part.slug, title: part.title },
          lesson,
          untranslated,
          previous: links[index - 1],
          next: links[index + 1],
          broken: words.site.broken,
        },
        true,
      );
    }),
    page('playground/', { kind: 'playground', broken: words.site.broken }, true),
    page('real/', { kind: 'real' }),
    page('credits/', { kind: 'credits', credits }),
  ];
}

interface PageText {
  title: string;
  description: string;
}

function linksOf(parts: readonly Part[]): LessonLink[] {
  return parts.flatMap((part) =>
    part.lessons.map(({ slug, title }) => ({ part: part.slug, slug, title })),
  );
}

function summariesOf(parts: readonly Part[]): PartSummary[] {
  return parts.map(({ slug, title, summary, lessons }) => ({
    slug,
    title,
    summary,
    lessons: lessons.map((lesson) => ({
      part: slug,
      slug: lesson.slug,
      title: lesson.title,
      summary: lesson.summary,
      minutes: lesson.minutes,
      steps: lesson.steps.map((step) => ({ slug: step.slug, title: step.title })),
    })),
  }));
}

/** The way from a page to the root: `./`, `../`, `../../`. */
function wayUp(path: string): string {
  return '../'.repeat(path.split('/').length - 1) || './';
}
