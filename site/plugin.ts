import type { HtmlTagDescriptor, Plugin } from 'vite';
import { headerFiles } from './header-files.ts';
import { contentSecurityPolicy, headersFor } from './headers.ts';

/** Fonts of the first paint and of terminals, which would else be asked for only when the style sheets are here. */
const firstFonts = /\/(inter-latin-wght|jetbrains-mono-latin-[47]00)-normal-[^/]+\.woff2$/;

/**
 * Builds the site's policy into it: as a meta tag first in the page, as header files, and as the
 * preview server's answers. The development server goes without: its client needs inline styles.
 */
export function sitePlugin(): Plugin {
  return {
    name: 'sandglass-site',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        if (!bundle) return html;
        const tags: HtmlTagDescriptor[] = [
          {
            tag: 'meta',
            attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
            injectTo: 'head-prepend',
          },
        ];
        const linked = (file: string) => html.includes(`./${file}`);
        for (const [file, output] of Object.entries(bundle)) {
          if (output.type === 'chunk' && output.facadeModuleId?.endsWith('/src/ui/start.ts')) {
            // The page proper, while its entry starts the machine.
            for (const chunk of [file, ...output.imports]) {
              if (!linked(chunk)) tags.push(link({ rel: 'modulepreload', href: `./${chunk}` }));
            }
            for (const style of output.viteMetadata?.importedCss ?? []) {
              tags.push(link({ rel: 'preload', as: 'style', href: `./${style}` }));
            }
          }
          if (firstFonts.test(`/${file}`)) {
            tags.push(link({ rel: 'preload', as: 'font', type: 'font/woff2', href: `./${file}` }));
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
