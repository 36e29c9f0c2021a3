import { type HeaderRule, headerRules } from './headers.ts';

/** Header files for common hosts, by their path in the built site. */
export function headerFiles(rules: readonly HeaderRule[] = headerRules): Record<string, string> {
  return {
    _headers: netlify(rules),
    'vercel.json': vercel(rules),
    '.htaccess': apache(rules),
    'nginx-headers.conf': nginx(rules),
  };
}

/** Netlify and Cloudflare Pages. */
function netlify(rules: readonly HeaderRule[]): string {
  const blocks = rules.map(({ path, headers }) =>
    [path, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)].join('\n'),
  );
  return `${blocks.join('\n\n')}\n`;
}

function vercel(rules: readonly HeaderRule[]): string {
  const headers = rules.map(({ path, headers }) => ({
    source: path.replace(/\*$/, '(.*)'),
    headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
  }));
  return `${JSON.stringify({ headers }, undefined, 2)}\n`;
}

function apache(rules: readonly HeaderRule[]): string {
  const blocks = rules.map(({ path, headers }) => {
    const lines = Object.entries(headers).map(([name, value]) => `Header set ${name} "${value}"`);
    if (path === '/*') return lines.join('\n');
    // The site may stand below any path of its host.
    const pattern = path.endsWith('*') ? path.slice(0, -1) : `${path}$`;
    const inside = lines.map((line) => `  ${line}`).join('\n');
    return `<If "%{REQUEST_URI} =~ m#${pattern}#">\n${inside}\n</If>`;
  });
  const body = blocks.join('\n').replace(/^/gm, '  ');
  return `<IfModule mod_headers.c>\n${body}\n</IfModule>\nAddType application/wasm .wasm\n`;
}

/** Locations to include in a `server`; nginx inherits no header into a location that sets its own. */
function nginx(rules: readonly HeaderRule[]): string {
  const blocks = rules.map(({ path }) => {
    const applying = rules.filter((rule) => rule.path === '/*' || rule.path === path);
    const headers = Object.assign(
      {},
      ...applying.map((rule) => rule.headers),
    ) as HeaderRule['headers'];
    const lines = Object.entries(headers).map(
      ([name, value]) => `  add_header ${name} "${value}" always;`,
    );
    const place = path.endsWith('*') ? path.slice(0, -1) : `= ${path}`;
    return `location ${place} {\n${lines.join('\n')}\n}`;
  });
  return `gzip_static on;\n\n${blocks.join('\n\n')}\n`;
}
