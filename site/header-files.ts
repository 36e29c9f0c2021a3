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
    const inside = lines.map((line) => `  ${line}`).join('\n');
    return `<If "%{REQUEST_URI} =~ m#${patternOf(path)}#">\n${inside}\n</If>`;
  });
  const body = blocks.join('\n').replace(/^/gm, '  ');
  return `<IfModule mod_headers.c>\n${body}\n</IfModule>\nAddType application/wasm .wasm\n`;
}

/**
 * For any folder of a server: what depends on the path goes by variables, not by locations, of which the
 * server may have its own. A header whose variable is empty is not sent, and one without `always` only with an
 * answer that found something: a 404 is not to be kept for a year.
 */
function nginx(rules: readonly HeaderRule[]): string {
  const lines = ['gzip_static on;', ''];
  const chosen = new Map<string, string>();
  for (const { path, headers } of rules) {
    for (const [name, value] of Object.entries(headers)) {
      if (path === '/*') {
        lines.push(`add_header ${name} "${value}" always;`);
        continue;
      }
      const variable = chosen.get(name) ?? `$sandglass_${name.toLowerCase().replaceAll('-', '_')}`;
      if (!chosen.has(name)) lines.push('', `set ${variable} "";`);
      chosen.set(name, variable);
      lines.push(`if ($uri ~ "${patternOf(path)}") { set ${variable} "${value}"; }`);
    }
  }
  for (const [name, variable] of chosen) lines.push(`add_header ${name} ${variable};`);
  return `${lines.join('\n')}\n`;
}

/** A regular expression for a rule's path, below whatever path of its host the site has. */
function patternOf(path: string): string {
  return path.endsWith('*') ? path.slice(0, -1) : `${path.replaceAll('.', '\\.')}$`;
}
