import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { HtmlTagDescriptor, IndexHtmlTransformContext } from 'vite';
import type { GuestManifest } from '#cluster/guest-manifest.ts';
// By its path: vite loads this file without the package's own names.
import { aheadId } from '../src/ui/site/page-data.ts';

type Bundle = NonNullable<IndexHtmlTransformContext['bundle']>;

/** From which a reader most likely goes on to a lesson. */
const waitingPages = new Set(['/index.html', '/lessons/index.html']);

/** Code that a lesson begins with, and the machine's. */
const neededCode = /\/src\/ui\/lesson\/(start|machine-parts)\.ts$/;
const neededFiles = /^assets\/(node\.worker-.+\.js|v86-.+\.wasm)$/;

/** Of the guest's images, those that a start from the snapshot needs. */
const neededImages = new Set(['node-snapshot', 'node-archive']);

/** Tells pages without a machine what the next page's will need, for `src/ui/site/load-ahead.ts`. */
export function aheadTag(page: string, bundle: Bundle, root: string): HtmlTagDescriptor[] {
  if (!waitingPages.has(page)) return [];
  const up = '../'.repeat(page.split('/').length - 2) || './';
  const list = [...codeIn(bundle), ...guestFiles(root)].map((file) => up + file);
  return [
    {
      tag: 'script',
      attrs: { type: 'application/json', id: aheadId },
      children: JSON.stringify(list),
      injectTo: 'body',
    },
  ];
}

function codeIn(bundle: Bundle): string[] {
  const files = Object.keys(bundle).filter((file) => neededFiles.test(file));
  const chunks = Object.values(bundle).flatMap((output) => {
    if (output.type !== 'chunk' || !neededCode.test(output.facadeModuleId ?? '')) return [];
    return [output.fileName, ...output.imports, ...(output.viteMetadata?.importedCss ?? [])];
  });
  return [...new Set([...chunks, ...files])];
}

/** By the addresses that the worker asks for (src/workers/site-assets.ts). */
function guestFiles(root: string): string[] {
  const text = readFileSync(path.join(root, 'public/guest/manifest.json'));
  const { assets } = JSON.parse(text.toString()) as GuestManifest;
  const digest = createHash('sha256').update(text).digest('hex');
  return [
    `guest/manifest.json?sha256=${digest}`,
    ...assets
      .filter(({ name }) => neededImages.has(name))
      .map(({ path, sha256 }) => `guest/${path}?sha256=${sha256}`),
  ];
}
