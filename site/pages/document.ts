// By their paths: vite loads this file without the package's own names.
import { escapeHtml } from '../../src/base/escape-html.ts';
import { pageDataId } from '../../src/ui/site/page-data.ts';
import type { SitePage } from '#ui/site/server.ts';

/** The script of each kind of page, by its path from the project's root. */
export const entries: Record<SitePage['data']['kind'], string> = {
  home: '/src/ui/home/main.ts',
  contents: '/src/ui/contents/main.ts',
  lesson: '/src/ui/lesson/main.ts',
  playground: '/src/ui/playground/main.ts',
  real: '/src/ui/about/main.ts',
  credits: '/src/ui/about/main.ts',
};

export interface DocumentOptions {
  /** The page's body, drawn. */
  body: string;
  /** The other languages that have this page, with the way there. */
  alternates: readonly { locale: string; href: string }[];
  /** Where the site will be, ending in a slash, if the build was told: previews of links need whole addresses. */
  siteUrl: string | undefined;
  /** The script that takes the page over, by its path from vite's root. */
  entry: string;
}

/** A page's HTML, as vite takes it: its script and icon are named by their sources. */
export function documentOf(page: SitePage, options: DocumentOptions): string {
  const { lang, title, description, fixed, data } = page;
  const head = [
    '<meta charset="utf-8" />',
    '<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />',
    '<meta name="color-scheme" content="light dark" />',
    '<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)" />',
    '<meta name="theme-color" content="#1a1d22" media="(prefers-color-scheme: dark)" />',
    `<title>${escapeHtml(data.kind === 'home' ? title : `${title} · Sandglass`)}</title>`,
    `<meta name="description" content="${escapeHtml(description)}" />`,
    ...openGraph(page, options.siteUrl),
    ...options.alternates.map(
      ({ locale, href }) =>
        `<link rel="alternate" hreflang="${locale}" href="${escapeHtml(href)}" />`,
    ),
    '<link rel="icon" href="/favicon.svg" type="image/svg+xml" />',
    `<script type="module" src="${options.entry}"></script>`,
  ];
  return `<!doctype html>
<html lang="${lang}"${fixed ? ' class="fixed"' : ''}>
  <head>
    ${head.join('\n    ')}
  </head>
  <body>
    <div id="app">${options.body}</div>
    <script type="application/json" id="${pageDataId}">${asJson(data)}</script>
  </body>
</html>
`;
}

/** What a link to the page looks like elsewhere (ogp.me). */
function openGraph({ title, description, path, data }: SitePage, siteUrl: string | undefined) {
  const properties: [name: string, content: string][] = [
    ['og:site_name', 'Sandglass'],
    ['og:type', data.kind === 'home' ? 'website' : 'article'],
    ['og:title', title],
    ['og:description', description],
    ['og:locale', data.locale],
  ];
  if (siteUrl !== undefined) {
    properties.push(['og:url', siteUrl + path], ['og:image', `${siteUrl}preview.png`]);
  }
  const tags = properties.map(
    ([name, content]) => `<meta property="${name}" content="${escapeHtml(content)}" />`,
  );
  return siteUrl === undefined
    ? tags
    : [...tags, `<link rel="canonical" href="${escapeHtml(siteUrl + path)}" />`];
}

/** JSON that ends no script element. */
function asJson(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
