import { readFileSync } from 'node:fs';
import path from 'node:path';
import { contentSecurityPolicy } from './headers.ts';

/**
 * What hosts answer with where there is no page: one file for all addresses, whose own folder it does not know.
 * So it asks for its styles and its script in each folder up to the host's root; where they are, the site is, and the
 * script leads the links there. A build that knows its address needs no asking.
 */
export function notFoundFiles(siteUrl?: string): Record<string, string> {
  const tokens = readFileSync(path.join(import.meta.dirname, '../src/ui/tokens.css'), 'utf8');
  return {
    '404.html': page(siteUrl),
    'not-found.css': `${tokens}\n${styles}`,
    'not-found.js': script,
  };
}

/** Folders that the address may be below the site's root. */
const depths = 6;

function page(siteUrl: string | undefined): string {
  const root = siteUrl ?? '/';
  const folders =
    siteUrl === undefined
      ? Array.from({ length: depths }, (_, depth) => '../'.repeat(depth) || './')
      : [siteUrl];
  const asked = folders.flatMap((folder) => [
    `<link rel="stylesheet" href="${folder}not-found.css" />`,
    `<script src="${folder}not-found.js" defer></script>`,
  ]);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>No such page · Sandglass</title>
    ${asked.join('\n    ')}
  </head>
  <body>
    <header><a href="${root}" data-page=""><svg width="18" height="20" viewBox="0 0 18 20" aria-hidden="true"><path d="M2 1h14M2 19h14M3.5 1c0 5 4 6.4 4.9 9-.9 2.6-4.9 4-4.9 9M14.5 1c0 5-4 6.4-4.9 9 .9 2.6 4.9 4 4.9 9" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" /></svg> Sandglass</a></header>
    <main>
      <p class="code">404</p>
      <h1>There is no such page</h1>
      <p>The address may have a typing error, or what was there has moved. Nothing of yours is lost: your progress and your saved clusters are in this browser.</p>
      <nav aria-label="Pages">
        <a class="first" href="${root}" data-page="">To the home page</a>
        <a href="${root}lessons/" data-page="lessons/">All lessons</a>
        <a href="${root}playground/" data-page="playground/">Playground</a>
      </nav>
    </main>
  </body>
</html>
`;
}

const styles = `body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 15px/1.6 var(--sans);
}

header {
  padding: 14px 20px;
  border-bottom: 1px solid var(--line);
  background: var(--panel);
}

header a {
  display: inline-flex;
  gap: 9px;
  align-items: center;
  color: inherit;
  font-weight: 640;
  text-decoration: none;
}

main {
  max-width: 34em;
  margin: 0 auto;
  padding: 14vh 24px 40px;
}

.code {
  margin: 0 0 6px;
  color: var(--soft);
  font: 13px var(--mono);
}

h1 {
  margin: 0 0 10px;
  font-size: 30px;
  font-weight: 640;
  line-height: 1.2;
  letter-spacing: -0.02em;
}

main > p:not(.code) {
  margin: 0 0 26px;
  color: var(--soft);
}

nav {
  display: flex;
  flex-wrap: wrap;
  gap: 12px 20px;
  align-items: center;
}

nav a {
  color: inherit;
  text-decoration-color: var(--edge);
  text-underline-offset: 3px;
}

nav .first {
  padding: 6px 15px;
  border-radius: 7px;
  background: var(--ink);
  color: var(--paper);
  font-weight: 550;
  text-decoration: none;
}

:focus-visible {
  outline: 2px solid var(--focus);
  outline-offset: 2px;
}
`;

/** The reader's theme is kept by src/ui/state/settings.svelte.ts. */
const script = `const site = new URL('.', document.currentScript.src);
for (const link of document.querySelectorAll('a')) {
  link.href = new URL(link.dataset.page, site).href;
}
try {
  const kept = localStorage.getItem('sandglass.settings') ?? '';
  const theme = /"theme":"(light|dark)"/.exec(kept)?.[1];
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Browsers may forbid storage.
}
`;
