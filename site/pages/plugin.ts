import { readFileSync } from 'node:fs';
import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { type Plugin, type ViteDevServer, createServer } from 'vite';
import type * as CourseFiles from '../course-files.ts';
import type { LessonChecks, LessonSolutions } from '#lessons/code.ts';
import type * as CheckReasons from '#lessons/format/check-reasons.ts';
import type * as MatchCode from '#lessons/format/match-code.ts';
import type { Lesson, Part } from '#lessons/lesson.ts';
import type * as Server from '#ui/site/server.ts';
import type { SitePage } from '#ui/site/server.ts';
import { siteUrlOfBuild } from '../site-url.ts';
import { creditsOf } from './credits.ts';
import { type LocaleCourse, coursesOf } from './course.ts';
import { documentOf, entries } from './document.ts';

const projectRoot = path.resolve(import.meta.dirname, '../..');

/** A page of the build by the path of its file. */
type Documents = Map<string, string>;

export interface PagesOptions {
  /** Only the pages of these kinds, with these scripts: tests put a fake machine into them. */
  only?: Partial<Record<SitePage['data']['kind'], string>>;
  /** In place of `lessons/`. */
  lessons?: string;
}

/**
 * Makes every page of the site out of one document: its body is drawn by Svelte's server renderer and taken over by
 * the script of its kind. `SANDGLASS_SITE_URL` tells where the site will be, for what needs whole addresses.
 */
export function pagesPlugin(options: PagesOptions = {}): Plugin {
  let root = '.';
  let documents: Documents = new Map();
  return {
    name: 'sandglass-pages',
    enforce: 'pre',
    async config(config, { command }) {
      root = path.resolve(config.root ?? '.');
      if (command !== 'build') return { appType: 'mpa' };
      documents = await drawPages(root, options);
      return { build: { rolldownOptions: { input: [...documents.keys()] } } };
    },
    resolveId: (id) => (documents.has(id) ? id : undefined),
    load: (id) => documents.get(id),
    generateBundle() {
      if (options.only) return;
      // What other sites show beside a link to this one (document.ts, og:image).
      const source = readFileSync(path.join(projectRoot, 'docs/pictures/lesson.png'));
      this.emitFile({ type: 'asset', fileName: 'preview.png', source });
    },
    configureServer(server) {
      // Lessons are no modules: what is drawn of them is drawn anew.
      server.watcher.on('all', (_event, file) => {
        if (file.startsWith(path.join(root, 'lessons'))) server.ws.send({ type: 'full-reload' });
      });
      server.middlewares.use((request, response, next) => {
        answer(server, root, request.url ?? '/', options)
          .then((html) => {
            if (html === undefined) {
              next();
              return;
            }
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            response.end(html);
          })
          .catch(next);
      });
    },
  };
}

/** Every page of the site by the path of its file, as vite takes it. */
export function drawPages(root: string, options: PagesOptions = {}): Promise<Documents> {
  return withRenderer((server) => drawAll(server, root, options));
}

/** The page at an address, drawn anew each time; undefined where there is none. */
async function answer(server: ViteDevServer, root: string, url: string, options: PagesOptions) {
  const { pathname } = new URL(url, 'http://localhost');
  const wanted = pathname.replace(/index\.html$/, '');
  if (!wanted.endsWith('/')) return undefined;
  const documents = await drawAll(server, root, options, wanted.slice(1));
  const [html] = documents.values();
  return html === undefined ? undefined : server.transformIndexHtml(url, html);
}

/** Draws all pages, or the one at a path. */
async function drawAll(
  server: ViteDevServer,
  root: string,
  { only, lessons }: PagesOptions,
  wanted?: string,
): Promise<Documents> {
  const load = (file: string) => server.ssrLoadModule(path.join(projectRoot, file));
  const { sitePages, renderPage, readCourse, rootLocale } = (await load(
    'src/ui/site/server.ts',
  )) as typeof Server;
  const files = (await load('site/course-files.ts')) as typeof CourseFiles;
  const siteUrl = siteUrlOfBuild();
  const documents: Documents = new Map();
  const locales = coursesOf(files, readCourse, lessons);
  // Programs of lessons elsewhere would not find what they import.
  if (lessons === undefined) await matchPrograms(server, files, locales, wanted);
  for (const { locale, parts, isTranslated } of locales) {
    for (const page of await sitePages({ locale, parts, isTranslated, credits: creditsOf() })) {
      const entry = (only ?? entries)[page.data.kind];
      if (entry === undefined || (wanted !== undefined && wanted !== page.path)) continue;
      const inner = locale === rootLocale ? page.path : page.path.slice(locale.length + 1);
      const alternates = locales.map((other) => ({
        locale: other.locale,
        href:
          (siteUrl ?? page.data.site) +
          (other.locale === rootLocale ? '' : `${other.locale}/`) +
          inner,
      }));
      const html = documentOf(page, {
        body: await renderPage(page.data),
        alternates: alternates.length > 1 ? alternates : [],
        siteUrl,
        entry,
      });
      documents.set(path.join(root, page.path, 'index.html'), html);
    }
  }
  return documents;
}

/** Fails unless each lesson's checks and solutions are those that its text speaks of, in every language; or those of one page. */
async function matchPrograms(
  server: ViteDevServer,
  { lessonModule, lessonFiles }: typeof CourseFiles,
  locales: readonly LocaleCourse[],
  wanted: string | undefined,
): Promise<void> {
  const format = path.join(projectRoot, 'src/lessons/format');
  const { matchCode } = (await server.ssrLoadModule(
    path.join(format, 'match-code.ts'),
  )) as typeof MatchCode;
  const { matchReasons } = (await server.ssrLoadModule(
    path.join(format, 'check-reasons.ts'),
  )) as typeof CheckReasons;
  const isWanted = (part: Part, { slug }: Lesson) =>
    wanted === undefined || `/${wanted}`.endsWith(`/lessons/${part.slug}/${slug}/`);
  const lessons = locales.flatMap(({ parts }) =>
    parts.flatMap((part) => part.lessons.filter((lesson) => isWanted(part, lesson))),
  );
  for (const lesson of lessons) {
    const { folder } = lesson;
    const load = async <T>(name: 'checks' | 'solution') =>
      ((await server.ssrLoadModule(lessonModule(folder, name))) as { default: T }).default;
    matchCode(lesson, {
      checks: await load<LessonChecks>('checks'),
      solutions: await load<LessonSolutions>('solution'),
      files: lessonFiles(folder),
    });
    matchReasons(lesson, readFileSync(lessonModule(folder, 'checks'), 'utf8'));
  }
}

/** A server that compiles components for the server renderer, for as long as something is drawn. */
async function withRenderer<T>(use: (server: ViteDevServer) => Promise<T>): Promise<T> {
  const server = await createServer({
    configFile: false,
    root: projectRoot,
    logLevel: 'error',
    appType: 'custom',
    mode: 'production',
    // As the build compiles them, whatever the environment says: tests build pages too.
    plugins: [svelte({ compilerOptions: { dev: false, hmr: false } })],
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  });
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}
