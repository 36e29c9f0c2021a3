import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Credits, CreditedPackage, CreditedSource } from '#ui/about/credits.ts';
import type { GuestManifest } from '#cluster/guest-manifest.ts';
import { packagesOf } from '../notice.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** What NOTICE names, with what the packages say of themselves, and the guest images' manifest. */
export function creditsOf(): Credits {
  const notice = readFileSync(path.join(root, 'NOTICE'), 'utf8');
  return { packages: packagesOf(notice).map(readPackage).sort(byName), sources: readSources() };
}

function readPackage(name: string): CreditedPackage {
  const file = path.join(root, 'node_modules', name, 'package.json');
  const { version, license, description, homepage, repository } = JSON.parse(
    readFileSync(file, 'utf8'),
  ) as {
    version: string;
    license?: string;
    description?: string;
    homepage?: string;
    repository?: string | { url: string };
  };
  const source = typeof repository === 'string' ? repository : repository?.url;
  return {
    name,
    version,
    licence: license ?? '',
    description: description ?? '',
    address: webAddress(homepage) ?? webAddress(source),
  };
}

/** `git+https://…/x.git`, `git@host:x.git` and `owner/x` (GitHub's) as a page to look at. */
function webAddress(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined;
  if (/^[\w-]+\/[\w.-]+$/.test(address)) return `https://github.com/${address}`;
  const plain = address
    .replace(/^git\+/, '')
    .replace(/^(git|ssh):\/\/(git@)?/, 'https://')
    .replace(/^git@([^:]+):/, 'https://$1/')
    .replace(/\.git$/, '');
  return plain.startsWith('https://') ? plain : undefined;
}

function readSources(): CreditedSource[] {
  const file = path.join(root, 'public/guest/manifest.json');
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as GuestManifest;
  const sources = new Map<string, { version: string; packages: string[] }>();
  for (const { name, source, sourceVersion } of packages) {
    const entry = sources.get(source) ?? { version: sourceVersion, packages: [] };
    if (!entry.packages.includes(name)) entry.packages.push(name);
    sources.set(source, entry);
  }
  return [...sources]
    .map(([source, { version, packages }]) => ({ source, version, packages: packages.sort() }))
    .sort((a, b) => (a.source < b.source ? -1 : 1));
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
