import { parseQuantity, type Quantity } from '#kube/quantity.ts';
import type { ResourceRequirements } from '#kube/types.ts';
import {
  forbidden,
  invalid,
  notFoundValue,
  required,
  duplicate,
  type FieldError,
} from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { isQualifiedName } from './names.ts';
import { invalidEach } from './labels.ts';
import { notNegative } from './object-meta.ts';

type NameCheck = (name: string, path: FieldPath) => FieldError[];

/** upstream: ValidateContainerResourceRequirements. */
export function validateContainerResources(
  resources: ResourceRequirements,
  podClaims: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] {
  return validateResourceRequirements(resources, containerResourceName, podClaims, path);
}

export function validateResourceRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  checkName: NameCheck,
  podClaims: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, text] of Object.entries(limits)) {
    errors.push(...validateEntry(name, text, checkName, path.child('limits').key(name)));
  }
  for (const [name, text] of Object.entries(requests)) {
    errors.push(...validateEntry(name, text, checkName, path.child('requests').key(name)));
    errors.push(...validateRequest(name, parseQuantity(text), limits[name], path));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  }
  const claimNames = claims.map(({ name }) => name);
  return [...errors, ...validateClaimNames(claimNames, podClaims, path.child('claims'))];
}

function validateEntry(
  name: string,
  text: string,
  checkName: NameCheck,
  path: FieldPath,
): FieldError[] {
  const quantity = parseQuantity(text);
  const errors = [...checkName(name, path), ...validateQuantityValue(name, quantity, path)];
  if (isHugePages(name) && !isDivisible(name, quantity)) {
    const detail = `${quantity.toString()} is not positive integer multiple of ${name}`;
    errors.push(invalid(path, quantity.toString(), detail));
  }
  return errors;
}

function validateRequest(
  name: string,
  request: Quantity,
  limitText: string | undefined,
  path: FieldPath,
): FieldError[] {
  if (limitText === undefined) {
    if (isOvercommitAllowed(name)) return [];
    const detail = 'Limit must be set for non overcommitable resources';
    return [required(path.child('limits'), detail)];
  }
  const limit = parseQuantity(limitText);
  const order = request.compare(limit);
  const wrong = isOvercommitAllowed(name) ? order > 0 : order !== 0;
  if (!wrong) return [];
  const relation = isOvercommitAllowed(name) ? 'less than or equal to' : 'equal to';
  const detail = `must be ${relation} ${name} limit of ${limit.toString()}`;
  return [invalid(path.child('requests'), request.toString(), detail)];
}

export function validateQuantityValue(
  name: string,
  quantity: Quantity,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (quantity.nano < 0n) errors.push(invalid(path, quantity.toString(), notNegative));
  if (isIntegerResource(name) && quantity.milliValue() % 1000 !== 0) {
    errors.push(invalid(path, quantity.toString(), 'must be an integer'));
  }
  return errors;
}

/** Of a resource list in a status, such as a node's capacity. */
export function validateResourceList(
  list: Readonly<Record<string, string>> | undefined,
  pathOf: (name: string) => FieldPath,
): FieldError[] {
  return Object.entries(list ?? {}).flatMap(([name, text]) =>
    validateQuantityValue(name, parseQuantity(text), pathOf(name)),
  );
}

// Kinds of resources: pkg/apis/core/helper/helpers.go.
const containerResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const countedResources: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const standardResources: ReadonlySet<string> = new Set([
  ...containerResources,
  ...countedResources,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'storage',
]);

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith('requests.')) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

function isIntegerResource(name: string): boolean {
  return countedResources.has(name) || isExtended(name);
}

function isDivisible(name: string, quantity: Quantity): boolean {
  const page = parseQuantity(name.slice('hugepages-'.length));
  return page.nano > 0n && quantity.nano % page.nano === 0n;
}

export function containerResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = validateResourceName(name, path);
  if (!name.includes('/')) {
    if (!containerResources.has(name) && !isHugePages(name)) {
      errors.push(invalid(path, name, 'must be a standard resource for containers'));
    }
  } else if (!isNative(name) && !isExtended(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

function validateResourceName(name: string, path: FieldPath): FieldError[] {
  const errors = invalidEach(path, name, isQualifiedName(name));
  if (errors.length > 0) return errors;
  const isStandard =
    standardResources.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
  return name.includes('/') || isStandard
    ? []
    : [invalid(path, name, 'must be a standard resource type or fully qualified')];
}

function validateClaimNames(
  names: readonly string[],
  podClaims: ReadonlySet<string>,
  path: FieldPath,
): FieldError[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    const at = path.index(index);
    if (name === '') return [required(at)];
    const errors = seen.has(name) ? [duplicate(at, name)] : [];
    seen.add(name);
    if (!podClaims.has(name)) {
      const list =
        podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`;
      const error = notFoundValue(at, name);
      const detail = `must be one of the names in pod.spec.resourceClaims${list}`;
      errors.push({ ...error, body: `${error.body}: ${detail}` });
    }
    return errors;
  });
}
