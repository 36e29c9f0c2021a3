import { SandglassError } from '#base/errors.ts';

/** What the site's registry offers of one repository. */
export interface Repository {
  /** Digests of manifests or indexes, by tag. */
  readonly tags: Readonly<Record<string, string>>;
  /**
   * Digests under which upstream's tests ask for an image that does not exist for this machine's
   * architecture, and what is given instead. Everything from there on has its own digest and is checked.
   */
  readonly standIns?: Readonly<Record<string, string>>;
}

/** `index.json`: by the name that references have once they are normalised. */
export interface RegistryIndex {
  readonly version: 1;
  readonly repositories: Readonly<Record<string, Repository>>;
  /** Bytes of each blob, by its digest. */
  readonly blobs: Readonly<Record<string, number>>;
}

export function parseRegistryIndex(bytes: Uint8Array): RegistryIndex {
  let index: Partial<RegistryIndex> | null;
  try {
    index = JSON.parse(new TextDecoder().decode(bytes)) as typeof index;
  } catch (cause) {
    throw new SandglassError('data-loss', "The index of the site's images is not JSON.", { cause });
  }
  if (index?.version !== 1 || !isRecord(index.repositories) || !isRecord(index.blobs)) {
    throw new SandglassError(
      'data-loss',
      "The index of the site's images has a version this page does not know.",
    );
  }
  return index as RegistryIndex;
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
