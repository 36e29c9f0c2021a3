import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GuestAsset, GuestManifest, GuestPackage } from '#cluster/guest-manifest.ts';
import type { PackageRecord } from './packages/apt.ts';
import { securitySuite } from './packages/suites.ts';
import { sha256OfFile } from './recipe/digest.ts';

/** A file of a step's output, under the name and path that the page asks for it by. */
export interface Offer {
  readonly name: string;
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Publication {
  /** Listed in the manifest by name. */
  readonly assets: readonly Offer[];
  /** Content-addressed files, which the archive's index lists. */
  readonly files: readonly Offer[];
  readonly packages: readonly PackageRecord[];
  /** By codename. */
  readonly suites: readonly string[];
  /** What `uname -r` says on the node. */
  readonly kernelRelease: string;
}

export type BuiltManifest = GuestManifest & {
  readonly kernel: { readonly release: string };
  readonly files: { readonly count: number; readonly bytes: number };
  /** What of Debian's archive the packages were chosen from, and whether its security updates were. */
  readonly debian: { readonly suites: readonly string[]; readonly security: boolean };
};

export function describe(publication: Publication): BuiltManifest {
  const assets = publication.assets.map(({ name, path: at, bytes, sha256 }): GuestAsset => ({
    name,
    path: at,
    bytes,
    sha256,
  }));
  const packages = publication.packages.map(
    ({ name, version, architecture, source }): GuestPackage => ({
      name,
      version,
      architecture,
      source,
    }),
  );
  return {
    version: 1,
    kernel: { release: publication.kernelRelease },
    assets,
    files: {
      count: publication.files.length,
      bytes: publication.files.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    debian: { suites: publication.suites, security: publication.suites.includes(securitySuite) },
    packages: packages.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/**
 * Makes `folder` hold exactly the publication. Each file appears by a rename, the manifest last and
 * before anything old is removed: whoever reads meanwhile finds a whole set. Returns whether
 * anything changed.
 */
export async function publish(
  folder: string,
  publication: Publication,
  signal?: AbortSignal,
): Promise<boolean> {
  const offers = [...publication.assets, ...publication.files];
  const manifest = `${JSON.stringify(describe(publication), undefined, 2)}\n`;
  const manifestFile = path.join(folder, 'manifest.json');
  let changed = false;
  await mkdir(path.join(folder, 'files'), { recursive: true });
  const incoming = path.join(folder, '.incoming');
  try {
    for (const offer of offers) {
      signal?.throwIfAborted();
      const target = path.join(folder, offer.path);
      if (await holds(target, offer)) continue;
      await copyFile(offer.file, incoming);
      await rename(incoming, target);
      changed = true;
    }
    if ((await readFile(manifestFile, 'utf8').catch(() => '')) !== manifest) {
      await writeFile(incoming, manifest);
      await rename(incoming, manifestFile);
      changed = true;
    }
  } finally {
    await rm(incoming, { force: true });
  }
  const wanted = new Set(['manifest.json', 'files', ...offers.map((offer) => offer.path)]);
  for (const name of await readdir(folder)) {
    if (!wanted.has(name)) await rm(path.join(folder, name), { recursive: true, force: true });
  }
  for (const name of await readdir(path.join(folder, 'files'))) {
    if (!wanted.has(`files/${name}`)) await rm(path.join(folder, 'files', name), { force: true });
  }
  return changed;
}

async function holds(file: string, offer: Offer): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.size === offer.bytes && (await sha256OfFile(file)) === offer.sha256;
}

/** The part of NOTICE that says what Debian's packages in the images are and where their source is. */
export function noticeText(packages: readonly PackageRecord[]): string {
  const bySource = new Map<string, PackageRecord[]>();
  for (const record of packages) {
    const name = `${record.source} ${record.sourceVersion}`;
    bySource.set(name, [...(bySource.get(name) ?? []), record]);
  }
  const lines = [...bySource]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, records]) => {
      const names = records.map(({ name, version }) => `${name} ${version}`).sort();
      return `- ${source}: ${names.join(', ')}`;
    });
  return [
    'The guest images contain files from these packages of Debian 12 (i386). Each line names the',
    "source package first; its source, and its licences in debian/copyright, are in Debian's archive",
    'under that name and version (`apt-get source NAME=VERSION`).',
    '',
    ...lines,
    '',
  ].join('\n');
}
