import { SandglassError } from '#base/errors.ts';

/**
 * The name of an image as registries have it, normalised by Docker's conventions: with its registry's
 * host, and with a digest or a tag (github.com/distribution/reference, ParseDockerRef).
 */
export interface ImageReference {
  /** Host and path, such as docker.io/library/busybox. */
  readonly name: string;
  /** Absent if there is a digest, which says more. */
  readonly tag?: string;
  readonly digest?: string;
}

const defaultDomain = 'docker.io';
const legacyDefaultDomain = 'index.docker.io';
const officialPrefix = 'library/';

const identifier = /^[a-f0-9]{64}$/;
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const host = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[(?:[a-fA-F0-9:]+)\\])`;
const pathComponent = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const name = `${host}(?::[0-9]+)?/${pathComponent}(?:/${pathComponent})*`;
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][0-9a-fA-F]{32,}';
const reference = new RegExp(`^(${name})(?::([\\w][\\w.-]{0,127}))?(?:@(${digest}))?$`);

/** Hexadecimal digits of each algorithm that digests may be of. */
const digestLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Reads a name as a user gives it; rejects in the words of distribution/reference. */
export function parseReference(text: string): ImageReference {
  if (identifier.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [domain, remainder] = splitDomain(text);
  const [path = ''] = remainder.split(':', 1);
  if (path.toLowerCase() !== path) {
    throw invalid(`invalid reference format: repository name (${path}) must be lowercase`);
  }
  const match = reference.exec(`${domain}/${remainder}`);
  if (!match) throw invalid('invalid reference format');
  const [, fullName = '', tag, foundDigest] = match;
  if (fullName.slice(fullName.indexOf('/') + 1).length > 255) {
    throw invalid('repository name must not be more than 255 characters');
  }
  if (foundDigest !== undefined) {
    requireDigest(foundDigest);
    return { name: fullName, digest: foundDigest };
  }
  return { name: fullName, tag: tag ?? 'latest' };
}

export function referenceText({ name: fullName, tag, digest: of }: ImageReference): string {
  return of === undefined ? `${fullName}:${tag ?? 'latest'}` : `${fullName}@${of}`;
}

/** As people write it: without the host and path that it has by default (distribution/reference, FamiliarString). */
export function familiarText(whole: ImageReference): string {
  const text = referenceText(whole);
  const path = text.startsWith(`${defaultDomain}/`) ? text.slice(defaultDomain.length + 1) : text;
  return path.startsWith(officialPrefix) && path !== text
    ? path.slice(officialPrefix.length)
    : path;
}

/** Whether it is a whole digest, such as an image's id (github.com/opencontainers/go-digest, Parse). */
export function isDigest(text: string): boolean {
  try {
    requireDigest(text);
    return true;
  } catch {
    return false;
  }
}

function requireDigest(text: string): void {
  const [algorithm = '', hex = ''] = text.split(':');
  if (!new RegExp(`^${digest}$`).test(text)) throw invalid('invalid checksum digest format');
  const length = digestLengths[algorithm];
  if (length === undefined) throw invalid('unsupported digest algorithm');
  if (hex.length !== length) throw invalid('invalid checksum digest length');
  if (!/^[a-f0-9]+$/.test(hex)) throw invalid('invalid checksum digest format');
}

/** The first component is a host if it looks like one; `busybox` is docker.io/library/busybox. */
function splitDomain(text: string): [domain: string, remainder: string] {
  const slash = text.indexOf('/');
  if (slash < 0) return [defaultDomain, officialPrefix + text];
  const first = text.slice(0, slash);
  const isHost = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  const domain = !isHost || first === legacyDefaultDomain ? defaultDomain : first;
  const remainder = isHost ? text.slice(slash + 1) : text;
  const official = domain === defaultDomain && !remainder.includes('/');
  return [domain, official ? officialPrefix + remainder : remainder];
}

/** containerd gives these no code of their own. */
function invalid(message: string): SandglassError {
  return new SandglassError('unknown', message);
}
