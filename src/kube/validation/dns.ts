import type { HostAlias, PodDNSConfig } from '#kube/types.ts';
import { invalid, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { validateIP } from './ip.ts';
import { isDNS1123Subdomain, patternError } from './names.ts';
import { invalidEach } from './labels.ts';

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;

const underscoredLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscored = `${underscoredLabel}(\\.${underscoredLabel})*`;
const underscoredPattern = new RegExp(`^${underscored}$`);

/** upstream: validatePodDNSConfig. */
export function validateDNSConfig(
  config: PodDNSConfig | undefined,
  policy: string | undefined,
  path: FieldPath,
): FieldError[] {
  if (policy === 'None') {
    if (!config) {
      return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    }
    if ((config.nameservers ?? []).length === 0) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(path.child('nameservers'), detail)];
    }
  }
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  const errors: FieldError[] = [];
  if (nameservers.length > maxNameservers) {
    const detail = `must not have more than ${maxNameservers} nameservers`;
    errors.push(invalid(path.child('nameservers'), nameservers, detail));
  }
  if (searches.length > maxSearches) {
    const detail = `must not have more than ${maxSearches} search paths`;
    errors.push(invalid(path.child('searches'), searches, detail));
  }
  if (searches.join(' ').length > maxSearchCharacters) {
    const detail = `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`;
    errors.push(invalid(path.child('searches'), searches, detail));
  }
  return [
    ...errors,
    ...nameservers.flatMap((server, index) =>
      validateIP(path.child('nameservers').index(index), server),
    ),
    ...searches.flatMap((search, index) =>
      validateSearch(search, path.child('searches').index(index)),
    ),
    ...options.flatMap(({ name = '' }, index) =>
      name === '' ? [required(path.child('options').index(index), 'must not be empty')] : [],
    ),
  ];
}

function validateSearch(search: string, path: FieldPath): FieldError[] {
  if (search === '.') return [];
  const name = search.replace(/\.$/, '');
  if (name.length > 253) return [invalid(path, name, 'must be no more than 253 characters')];
  if (underscoredPattern.test(name)) return [];
  const detail = patternError(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
    underscored,
    'example.com',
  );
  return [invalid(path, name, detail)];
}

export function validateHostAliases(aliases: readonly HostAlias[], path: FieldPath): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...validateIP(path.index(index).child('ip'), ip),
    ...hostnames.flatMap((name, position) =>
      invalidEach(
        path.index(index).child('hostnames').index(position),
        name,
        isDNS1123Subdomain(name),
      ),
    ),
  ]);
}
