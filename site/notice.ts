import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';
import type { GuestManifest } from '#cluster/guest-manifest.ts';
import { noticeText } from '../images/manifest.ts';

/** Where one of NOTICE's npm packages has a licence that is in no file of its own. */
const otherPlaces: Record<string, string> = {
  '@bufbuild/protobuf': 'dist/esm/wire/varint.js',
};

/** The npm packages that NOTICE says the page is made of: `- NAME, NAME (LICENCE), ADDRESS`. */
export function packagesOf(notice: string): string[] {
  const page = notice.slice(notice.indexOf('THE PAGE'), notice.indexOf('THE GUEST IMAGES'));
  return [...page.matchAll(/^- ([^ ]+(?:, [^ ]+)*) \(/gm)].flatMap(([, names = '']) =>
    names.split(', '),
  );
}

/** NOTICE for one build: with the exact Debian packages of its guest images and the licences of its npm packages. */
export function noticeOfBuild(root: string): string {
  const notice = readFileSync(path.join(root, 'NOTICE'), 'utf8');
  const manifest = readFileSync(path.join(root, 'public/guest/manifest.json'), 'utf8');
  const debian = noticeText((JSON.parse(manifest) as GuestManifest).packages);
  const [begin = ''] = debian.split('\n');
  const licences = packagesOf(notice).map((name) => licenceOf(root, name));
  return [notice.slice(0, notice.indexOf(begin)) + debian, ...licences].join('\n');
}

function licenceOf(root: string, name: string): string {
  const folder = path.join(root, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const own = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
  const texts = own.map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
  const other = otherPlaces[name];
  if (other) texts.push(firstComment(readFileSync(path.join(folder, other), 'utf8')));
  // What has none is under the Apache License 2.0, which LICENSE.txt has; a test holds NOTICE to that.
  const text = texts.join('\n\n') || 'Apache License 2.0: see LICENSE.txt.';
  return `${'-'.repeat(72)}\n${name} ${version}\n\n${text}\n`;
}

function firstComment(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}

/** Puts NOTICE.txt and LICENSE.txt beside the page, which links to the first. */
export function noticePlugin(): Plugin {
  let root = '.';
  const files: Record<string, () => string> = {
    'NOTICE.txt': () => noticeOfBuild(root),
    'LICENSE.txt': () => readFileSync(path.join(root, 'LICENSE'), 'utf8'),
  };
  return {
    name: 'sandglass-notice',
    configResolved(config) {
      root = config.root;
    },
    generateBundle() {
      for (const [fileName, text] of Object.entries(files)) {
        // Some hosts do not say that text is UTF-8; a byte order mark does.
        this.emitFile({ type: 'asset', fileName, source: `\uFEFF${text()}` });
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const text = files[request.url?.slice(1) ?? ''];
        if (!text) {
          next();
          return;
        }
        response.setHeader('Content-Type', 'text/plain; charset=utf-8');
        response.end(text());
      });
    },
  };
}
