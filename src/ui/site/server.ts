/** What the build draws pages with (site/pages). */
export { renderPage } from './render-page.ts';
export { rootLocale, sitePages, type SitePage } from './site-pages.ts';
export { pageDataId } from './page-data.ts';
