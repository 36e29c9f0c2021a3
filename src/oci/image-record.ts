import { SandglassError } from '#base/errors.ts';
import type { ImageConfiguration } from './image-format.ts';
import { isDigest, parseReference, referenceText } from './reference.ts';

/** An image on the node, as it is also written down there. */
export interface ImageRecord {
  /** The digest of its configuration. */
  readonly id: string;
  /** Normalised names, by tag and by digest. */
  readonly references: readonly string[];
  /** Bytes of its manifest, configuration and compressed layers. */
  readonly size: number;
  readonly configuration: ImageConfiguration;
}

const version = 1;

export function encodeRecord(record: ImageRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ version, ...record }));
}

/** `undefined` for what another version of this code wrote. */
export function decodeRecord(bytes: Uint8Array): ImageRecord | undefined {
  const { version: found, ...record } = JSON.parse(
    new TextDecoder().decode(bytes),
  ) as ImageRecord & { version: number };
  return found === version ? record : undefined;
}

export function repoTags({ references }: Pick<ImageRecord, 'references'>): string[] {
  return references.filter((reference) => !reference.includes('@')).sort();
}

export function repoDigests({ references }: Pick<ImageRecord, 'references'>): string[] {
  return references.filter((reference) => reference.includes('@')).sort();
}

/**
 * Finds an image by one of its names, its id, or the unambiguous beginning of its id
 * (containerd, internal/cri/server/images/service.go, LocalResolve).
 */
export function findRecord(
  records: ReadonlyMap<string, ImageRecord>,
  referenceOrId: string,
): ImageRecord | undefined {
  if (isDigest(referenceOrId)) return records.get(referenceOrId);
  const name = normalised(referenceOrId);
  for (const record of records.values()) {
    if (name !== undefined && record.references.includes(name)) return record;
  }
  return findByPrefix(records, referenceOrId);
}

function findByPrefix(
  records: ReadonlyMap<string, ImageRecord>,
  prefix: string,
): ImageRecord | undefined {
  if (prefix === '') return undefined;
  const matches = [...records.values()].filter(
    ({ id }) => id.startsWith(prefix) || id.replace('sha256:', '').startsWith(prefix),
  );
  if (matches.length < 2) return matches[0];
  // opencontainers/go-digest, digestset
  throw new SandglassError('unknown', 'ambiguous digest string');
}

function normalised(text: string): string | undefined {
  try {
    return referenceText(parseReference(text));
  } catch {
    return undefined;
  }
}
