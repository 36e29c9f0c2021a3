import type { Credits } from '#ui/about/credits.ts';
import { words } from '#ui/words/words.ts';
import { loadWords } from './load-words.ts';
import type { PageContent, PageData, PartSummary } from './page-data.ts';

/** A page of the site, as the build knows it. */
export interface SitePage {
  /** Below the site's root, ending in a slash; empty for the home page. */
  path: string;
  title: string;
  description: string;
  /** Fills the window and does not scroll. */
  fixed: boolean;
  data: PageData;
}

/** What the pages of a language are made of. */
export interface SiteContent {
  locale: string;
  parts: readonly PartSummary[];
  credits: Credits;
}

/** The language at the site's root; others have a folder of their own. */
export const rootLocale = 'en';

/** The pages of a language. */
export async function sitePages(content: SiteContent): Promise<SitePage[]> {
  const { locale, parts, credits } = content;
  await loadWords(locale);
  const folder = locale === rootLocale ? '' : `${locale}/`;
  const page = (path: string, content: PageContent, fixed = false): SitePage => ({
    path: folder + path,
    title: words.titles[content.kind],
    description: words.descriptions[content.kind],
    fixed,
    data: { locale, root: wayUp(path), site: wayUp(folder + path), ...content },
  });
  const [first] = parts.flatMap(({ slug, lessons }) =>
    lessons.map((lesson) => ({ part: slug, slug: lesson.slug, title: lesson.title })),
  );
  return [
    page('', { kind: 'home', first }),
    page('lessons/', { kind: 'contents', parts }),
    page('playground/', { kind: 'playground' }, true),
    page('real/', { kind: 'real' }),
    page('credits/', { kind: 'credits', credits }),
  ];
}

/** The way from a page to the root: `./`, `../`, `../../`. */
function wayUp(path: string): string {
  return '../'.repeat(path.split('/').length - 1) || './';
}
