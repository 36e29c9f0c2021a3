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
  /** Content-addressed files, which the archive's index or the registry's lists. */
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
    ({ name, version, architecture, source, sourceVersion }): GuestPackage => ({
      name,
      version,
      architecture,
      source,
      sourceVersion,
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
  for (const parent of new Set(['files', ...offers.map((offer) => path.dirname(offer.path))])) {
    await mkdir(path.join(folder, parent), { recursive: true });
  }
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
  await removeOthers(folder, new Set(['manifest.json', ...offers.map((offer) => offer.path)]));
  return changed;
}

/** Removes the files that are not wanted, and folders that are empty without them. */
async function removeOthers(folder: string, wanted: ReadonlySet<string>, at = ''): Promise<void> {
  for (const entry of await readdir(path.join(folder, at), { withFileTypes: true })) {
    const name = path.posix.join(at, entry.name);
    if (entry.isDirectory()) await removeOthers(folder, wanted, name);
    else if (!wanted.has(name)) await rm(path.join(folder, name), { force: true });
  }
  const isEmpty =
    at !== '' && at !== 'files' && (await readdir(path.join(folder, at))).length === 0;
  if (isEmpty) await rm(path.join(folder, at), { recursive: true });
}

async function holds(file: string, offer: Offer): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.size === offer.bytes && (await sha256OfFile(file)) === offer.sha256;
}

/** The part of NOTICE that says what Debian's packages in the images are and where their source is. */
export function noticeText(packages: readonly GuestPackage[]): string {
  const bySource = new Map<string, GuestPackage[]>();
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
