import type { HtmlTagDescriptor, Plugin } from 'vite';
import { headerFiles } from './header-files.ts';
import { contentSecurityPolicy, headersFor } from './headers.ts';
import { aheadTag } from './load-ahead.ts';

/** The page proper, which its entry imports while the machine starts. */
const startOfPage = /\/src\/ui\/[a-z]+\/start\.ts$/;

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
        for (const [file, output] of Object.entries(bundle)) {
          const isStart = output.type === 'chunk' && startOfPage.test(output.facadeModuleId ?? '');
          if (isStart && context.chunk?.dynamicImports.includes(file)) {
            for (const chunk of [file, ...output.imports]) {
              if (!linked(chunk)) tags.push(link({ rel: 'modulepreload', href: up + chunk }));
            }
            for (const style of output.viteMetadata?.importedCss ?? []) {
              tags.push(link({ rel: 'preload', as: 'style', href: up + style }));
            }
          }
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

function link(attrs: Record<string, string>): HtmlTagDescriptor {
  return {
    tag: 'link',
    attrs: { ...attrs, crossorigin: true },
    injectTo: 'head',
  };
}
