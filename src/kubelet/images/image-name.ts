/**
 * The grammar of github.com/distribution/reference: an optional domain, path components in lower
 * case, then an optional tag and digest.
 */
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = `${domainComponent}(?:\\.${domainComponent})*(?::[0-9]+)?`;
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const reference = new RegExp(
  `^(?:${domain}/)?${component}(?:/${component})*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@${digest})?$`,
);

/**
 * `:latest` where neither tag nor digest is given, the name else as written; undefined for what is
 * no image name (pkg/util/parsers, applyDefaultImageTag).
 */
export function applyDefaultImageTag(image: string): string | undefined {
  const match = reference.exec(image);
  // A name of 64 hex digits would be taken for an id.
  if (!match || /^[a-f0-9]{64}$/.test(image)) return undefined;
  return match[1] === undefined && match[2] === undefined ? `${image}:latest` : image;
}

/** What is wrong with a name that is none (github.com/distribution/reference, errors). */
export function imageNameError(image: string): string {
  const repository = image.replace(/[:@][^/]*$/, '');
  const upperCase = repository !== repository.toLowerCase() && reference.test(image.toLowerCase());
  if (!upperCase) return 'invalid reference format';
  const full = repository.includes('/') ? repository : `library/${repository}`;
  return `invalid reference format: repository name (${full}) must be lowercase`;
}
