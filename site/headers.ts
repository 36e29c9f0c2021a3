import { siteLocales, sourceLocale } from './locales.ts';

/**
 * What a host should send with the site. This is the one place: the page's meta tag, the preview
 * server and the header files for common hosts are made from it (site/plugin.ts), and a test holds
 * docs/hosting.md to it.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  // v86 compiles the guest's code to WebAssembly as it runs.
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export interface HeaderRule {
  /** A path below the site's root; a final `*` stands for anything. */
  path: string;
  headers: Record<string, string>;
}

const forever = { 'Cache-Control': 'public, max-age=31536000, immutable' };
const askAgain = { 'Cache-Control': 'no-cache' };

/** Where the pages are: nothing else is in these folders. */
const pagePaths = ['/', '/index.html', '/lessons/*', '/playground/*', '/real/*', '/credits/*'];

/**
 * The rules of a site in these languages. No path gets one header from two rules: hosts differ in what they make of
 * that. There is no frame-ancestors, so that other pages may embed the site.
 */
export function headerRulesOf(locales: readonly string[]): readonly HeaderRule[] {
  const folders = locales.filter((locale) => locale !== sourceLocale).map((name) => `/${name}/*`);
  return [
    {
      path: '/*',
      headers: {
        // Workers take theirs from their own script's answer: it must come with every file.
        'Content-Security-Policy': contentSecurityPolicy,
        'X-Content-Type-Options': 'nosniff',
        'Referrer-Policy': 'no-referrer',
      },
    },
    ...[...pagePaths, ...folders].map((path) => ({ path, headers: askAgain })),
    // The names carry a hash of what is in the files.
    { path: '/assets/*', headers: forever },
    // Always asked for with their digest in the address.
    { path: '/guest/*', headers: forever },
  ];
}

export const headerRules = headerRulesOf(siteLocales());

/** The headers of the file at a path of the site. */
export function headersFor(path: string, rules = headerRules): Record<string, string> {
  return Object.assign(
    {},
    ...rules.filter((rule) => matches(rule.path, path)).map((rule) => rule.headers),
  ) as Record<string, string>;
}

function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}
