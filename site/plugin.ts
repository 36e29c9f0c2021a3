import type { HtmlTagDescriptor, IndexHtmlTransformContext, Plugin } from 'vite';
import { headerFiles } from './header-files.ts';
import { contentSecurityPolicy, headersFor } from './headers.ts';
import { aheadTag } from './load-ahead.ts';

/** What an entry imports while the machine starts: the page proper, and a lesson's terminal and figures. */
const restOfPage = /\/src\/ui\/[a-z]+\/(start|lesson-code|machine-parts)\.ts$/;

/** Of these what the build has drawn: with its styles late, the text would stand there without any, and then move. */
const startOfDrawn = /\/src\/ui\/lesson\/start\.ts$/;

/** Fonts of the first paint and of terminals, which would else be asked for only when the style sheets are here. */
const firstFonts = /\/(inter-latin-wght|jetbrains-mono-latin-[47]00)-normal-[^/]+\.woff2$/;

/**
 * Builds the site's policy into it: as a meta tag first in the page, as header files, and as the
 * preview server's answers. The development server goes without: its client needs inline styles.
 */
export function sitePlugin(): Plugin {
  let root = '.';
  return {
    name: 'sandglass-site',
    configResolved(config) {
      root = config.root;
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, context) {
        const { bundle } = context;
        if (!bundle) return html;
        const tags: HtmlTagDescriptor[] = [
          {
            tag: 'meta',
            attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
            injectTo: 'head-prepend',
          },
        ];
        const up = '../'.repeat(context.path.split('/').length - 2) || './';
        tags.push(...aheadTag(context.path, bundle, root));
        const linked = (file: string) => html.includes(`"${up}${file}"`);
        const { scripts, styles, drawnStyles } = restOf(context.chunk, bundle);
        for (const file of scripts) {
          if (!linked(file)) tags.push(link({ rel: 'modulepreload', href: up + file }));
        }
        for (const file of styles) {
          if (linked(file)) continue;
          const isDrawn = drawnStyles.has(file);
          tags.push(
            link({
              rel: isDrawn ? 'stylesheet' : 'preload',
              ...(!isDrawn && { as: 'style' }),
              href: up + file,
            }),
          );
        }
        for (const file of Object.keys(bundle)) {
          if (firstFonts.test(`/${file}`)) {
            tags.push(link({ rel: 'preload', as: 'font', type: 'font/woff2', href: up + file }));
          }
        }
        // The entry settles the theme: nothing is painted before it (where the browser knows the word).
        return { html: html.replace('<script type="module"', '$& blocking="render"'), tags };
      },
    },
    generateBundle() {
      for (const [fileName, source] of Object.entries(headerFiles())) {
        this.emitFile({ type: 'asset', fileName, source });
      }
    },
    configurePreviewServer(server) {
      server.middlewares.use((request, response, next) => {
        const headers = headersFor(new URL(request.url ?? '/', 'http://localhost').pathname);
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        next();
      });
    },
  };
}

type OutputBundle = NonNullable<IndexHtmlTransformContext['bundle']>;
type OutputChunk = Extract<OutputBundle[string], { type: 'chunk' }>;

/**
 * The files that a page's code imports as it runs, with all that they import, in the order in which they are met; and
 * of the styles those of what the build has drawn already.
 */
function restOf(entry: OutputChunk | undefined, bundle: OutputBundle) {
  const [scripts, styles, drawnStyles] = [new Set<string>(), new Set<string>(), new Set<string>()];
  if (!entry) return { scripts, styles, drawnStyles };
  // An entry that several pages share is a chunk of its own, which each page's only imports.
  const own = withImports([entry], bundle);
  const later = own
    .flatMap(({ dynamicImports }) => dynamicImports)
    .flatMap((file) => chunkOf(file, bundle))
    .filter(({ facadeModuleId }) => restOfPage.test(facadeModuleId ?? ''));
  for (const chunk of withImports(later, bundle)) {
    if (!own.includes(chunk)) scripts.add(chunk.fileName);
    for (const style of chunk.viteMetadata?.importedCss ?? []) styles.add(style);
  }
  const drawn = later.filter(({ facadeModuleId }) => startOfDrawn.test(facadeModuleId ?? ''));
  for (const chunk of withImports(drawn, bundle)) {
    for (const style of chunk.viteMetadata?.importedCss ?? []) drawnStyles.add(style);
  }
  return { scripts, styles, drawnStyles };
}

/** Chunks, and those that they import before they run. */
function withImports(chunks: readonly OutputChunk[], bundle: OutputBundle): OutputChunk[] {
  const all = new Set(chunks);
  for (const { imports } of all) {
    for (const chunk of imports.flatMap((file) => chunkOf(file, bundle))) all.add(chunk);
  }
  return [...all];
}

function chunkOf(file: string, bundle: OutputBundle): OutputChunk[] {
  const output = bundle[file];
  return output?.type === 'chunk' ? [output] : [];
}

function link(attrs: Record<string, string>): HtmlTagDescriptor {
  return {
    tag: 'link',
    attrs: { ...attrs, crossorigin: true },
    injectTo: 'head',
  };
}
