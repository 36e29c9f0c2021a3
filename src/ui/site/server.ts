/** What the build draws pages with (site/pages). */
export { readCourse } from '#lessons/format/read-course.ts';
export { renderPage } from './render-page.ts';
export { rootLocale, sitePages, type SitePage } from './site-pages.ts';
