import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { guestDirectory } from '#host/guest-directory.ts';

interface RegistryIndex {
  repositories: Record<string, { tags: Record<string, string> }>;
}

interface Descriptor {
  digest: string;
  size: number;
  mediaType: string;
}

/** Writes an OCI layout's tar, as tools that build images do, of an image of the site's registry under another name. */
export function writeImageArchive(
  file: string,
  { repository, tag, name }: { repository: string; tag: string; name: string },
): void {
  const registry = path.join(guestDirectory(), 'registry');
  const read = (name: string) => JSON.parse(readFileSync(name, 'utf8')) as unknown;
  const index = read(path.join(registry, 'index.json')) as RegistryIndex;
  const digest = index.repositories[repository]?.tags[tag];
  if (digest === undefined) throw new Error(`The site has no ${repository}:${tag}.`);
  const blob = (digest: string) => path.join('blobs', digest.replace(':', '/'));
  const manifestFile = path.join(registry, blob(digest));
  const manifest = read(manifestFile) as {
    mediaType: string;
    config: Descriptor;
    layers: Descriptor[];
  };
  const layout = mkdtempSync(`${file}-layout-`);
  mkdirSync(path.join(layout, 'blobs/sha256'), { recursive: true });
  for (const each of [digest, manifest.config.digest, ...manifest.layers.map((l) => l.digest)]) {
    copyFileSync(path.join(registry, blob(each)), path.join(layout, blob(each)));
  }
  const descriptor = {
    mediaType: manifest.mediaType,
    digest,
    size: readFileSync(manifestFile).length,
    annotations: { 'io.containerd.image.name': name },
  };
  const document = { schemaVersion: 2, manifests: [descriptor] };
  writeFileSync(path.join(layout, 'index.json'), JSON.stringify(document));
  writeFileSync(path.join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  execFileSync('tar', ['-cf', file, '-C', layout, '.']);
  rmSync(layout, { recursive: true });
}
