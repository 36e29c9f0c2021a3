import type { HtmlTagDescriptor, IndexHtmlTransformContext, Plugin } from 'vite';
import { headerFiles } from './header-files.ts';
import { contentSecurityPolicy, headersFor } from './headers.ts';
import { aheadTag } from './load-ahead.ts';
import { notFoundFiles } from './not-found.ts';
import { siteUrlOfBuild } from './site-url.ts';

/** The page proper, which its entry imports while the machine starts. */
const startOfPage = /\/src\/ui\/[a-z]+\/start\.ts$/;

/** Of these the build has drawn the text. */
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
        const { isDrawn, scripts, styles } = startOf(context.chunk, bundle);
        // What is drawn waits for its styles, or would move when they come; and for no code.
        const early = isDrawn
          ? styles.map((file) => ({ rel: 'stylesheet', file }))
          : [
              ...scripts.map((file) => ({ rel: 'modulepreload', file })),
              ...styles.map((file) => ({ rel: 'preload', as: 'style', file })),
            ];
        for (const { file, ...attributes } of early) {
          if (!linked(file)) tags.push(link({ ...attributes, href: up + file }));
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
      const siteUrl = siteUrlOfBuild();
      const files = { ...headerFiles(), ...notFoundFiles(siteUrl) };
      for (const [fileName, source] of Object.entries(files)) {
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

/** The page proper of an entry, with all that it imports before it runs and the entry has not. */
function startOf(entry: OutputChunk | undefined, bundle: OutputBundle) {
  // An entry that several pages share is a chunk of its own, which each page's only imports.
  const own = withImports(entry ? [entry] : [], bundle);
  const starts = own
    .flatMap(({ dynamicImports }) => dynamicImports)
    .flatMap((file) => chunkOf(file, bundle))
    .filter(({ facadeModuleId }) => startOfPage.test(facadeModuleId ?? ''));
  const chunks = withImports(starts, bundle).filter((chunk) => !own.includes(chunk));
  return {
    isDrawn: starts.some(({ facadeModuleId }) => startOfDrawn.test(facadeModuleId ?? '')),
    scripts: chunks.map(({ fileName }) => fileName),
    styles: [
      ...new Set(chunks.flatMap(({ viteMetadata }) => [...(viteMetadata?.importedCss ?? [])])),
    ],
  };
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
