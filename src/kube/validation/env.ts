import { parseQuantity } from '#kube/quantity.ts';
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '#kube/types.ts';
import { invalid, notSupported, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import {
  isConfigMapKey,
  isDNS1123Label,
  isDNS1123Subdomain,
  isEnvVarName,
  isQualifiedName,
  maskTrailingDash,
} from './names.ts';
import { invalidEach } from './labels.ts';
import { validateLocalNonReservedPath } from './paths.ts';

export function validateEnv(variables: readonly EnvVar[], path: FieldPath): FieldError[] {
  return variables.flatMap((variable, index) => {
    const at = path.index(index);
    return [
      ...(variable.name === ''
        ? [required(at.child('name'))]
        : invalidEach(at.child('name'), variable.name, isEnvVarName(variable.name))),
      ...validateValueFrom(variable, at.child('valueFrom')),
    ];
  });
}

const envFieldPaths: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function validateValueFrom({ value = '', valueFrom }: EnvVar, path: FieldPath): FieldError[] {
  if (!valueFrom) return [];
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  const errors: FieldError[] = [];
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, envFieldPaths, path.child('fieldRef')));
  }
  if (resourceFieldRef) {
    const at = path.child('resourceFieldRef');
    errors.push(...validateResourceFieldRef(resourceFieldRef, at, false));
  }
  if (configMapKeyRef) {
    errors.push(...validateKeySelector(configMapKeyRef, path.child('configMapKeyRef')));
  }
  if (secretKeyRef) errors.push(...validateKeySelector(secretKeyRef, path.child('secretKeyRef')));
  if (fileKeyRef) errors.push(...validateFileKeySelector(fileKeyRef, path.child('fileKeyRef')));
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  if (sources === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalid(path, '', detail));
  } else if (value !== '') {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

/** Fields of a pod that its containers may ask for (pkg/apis/core/pods/helpers.go). */
const downwardFields: ReadonlySet<string> = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);

export function validateFieldRef(
  { apiVersion = '', fieldPath }: ObjectFieldSelector,
  supported: readonly string[],
  path: FieldPath,
): FieldError[] {
  if (apiVersion === '') return [required(path.child('apiVersion'))];
  if (fieldPath === '') return [required(path.child('fieldPath'))];
  const at = path.child('fieldPath');
  const conversion = (why: string) => [
    invalid(at, fieldPath, `error converting fieldPath: ${why}`),
  ];
  if (apiVersion !== 'v1') return conversion(`unsupported pod version: ${apiVersion}`);
  const [, base, subscript] = /^(.*)\['(.*)'\]$/.exec(fieldPath) ?? [];
  if (subscript !== undefined) {
    if (base === 'metadata.annotations') {
      return invalidEach(path, subscript.toLowerCase(), isQualifiedName(subscript.toLowerCase()));
    }
    if (base === 'metadata.labels') return invalidEach(path, subscript, isQualifiedName(subscript));
    return conversion(`field label does not support subscript: ${fieldPath}`);
  }
  const field = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  if (!downwardFields.has(field)) return conversion(`field label not supported: ${fieldPath}`);
  return supported.includes(field) ? [] : [notSupported(at, field, supported)];
}

const resourceFields: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const sizeDivisors: readonly string[] = [
  ...['1', '1k', '1M', '1G', '1T', '1P', '1E'],
  ...['1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'],
];

export function validateResourceFieldRef(
  { containerName = '', resource, divisor = '0' }: ResourceFieldSelector,
  path: FieldPath,
  isFile: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const isHugePages = /^(requests|limits)\.hugepages-/.test(resource);
  if (isFile && containerName === '') errors.push(required(path.child('containerName')));
  else if (resource === '') errors.push(required(path.child('resource')));
  else if (!resourceFields.includes(resource) && !isHugePages) {
    errors.push(notSupported(path.child('resource'), resource, resourceFields));
  }
  return [...errors, ...validateDivisor(resource, divisor, path.child('divisor'))];
}

function validateDivisor(resource: string, divisor: string, path: FieldPath): FieldError[] {
  const text = parseQuantity(divisor).toString();
  if (text === '0') return [];
  const [, kind = ''] = resource.split('.');
  if (kind === 'cpu') {
    const detail = "only divisor's values 1m and 1 are supported with the cpu resource";
    return text === '1m' || text === '1' ? [] : [invalid(path, resource, detail)];
  }
  const name = sizeNames.find(([prefix]) => kind.startsWith(prefix))?.[1];
  if (name === undefined || sizeDivisors.includes(text)) return [];
  const list = sizeDivisors.join(', ');
  const detail = `only divisor's values ${list} are supported with the ${name} resource`;
  return [invalid(path, resource, detail)];
}

const sizeNames: readonly (readonly [string, string])[] = [
  ['memory', 'memory'],
  ['ephemeral-storage', 'local ephemeral storage'],
  ['hugepages-', 'hugepages'],
];

function validateKeySelector(
  { name = '', key }: ConfigMapKeySelector,
  path: FieldPath,
): FieldError[] {
  return [
    ...invalidEach(path.child('name'), name, isDNS1123Subdomain(name)),
    ...(key === ''
      ? [required(path.child('key'))]
      : invalidEach(path.child('key'), key, isConfigMapKey(key))),
  ];
}

function validateFileKeySelector(
  { key, path: file, volumeName }: FileKeySelector,
  path: FieldPath,
): FieldError[] {
  return [
    ...(key === ''
      ? [required(path.child('key'))]
      : invalidEach(path.child('key'), key, isEnvVarName(key))),
    ...(volumeName === ''
      ? [required(path.child('volumeName'))]
      : invalidEach(path.child('volumeName'), volumeName, isDNS1123Label(volumeName))),
    ...(file === ''
      ? [required(path.child('path'))]
      : validateLocalNonReservedPath(file, path.child('path'))),
  ];
}

export function validateEnvFrom(sources: readonly EnvFromSource[], path: FieldPath): FieldError[] {
  return sources.flatMap(({ prefix = '', configMapRef, secretRef }, index) => {
    const at = path.index(index);
    const errors =
      prefix === '' ? [] : invalidEach(at.child('prefix'), prefix, isEnvVarName(prefix));
    for (const [field, source] of Object.entries({ configMapRef, secretRef })) {
      if (source) errors.push(...validateSourceName(source.name ?? '', at.child(field, 'name')));
    }
    if (!configMapRef && !secretRef) {
      const detail = 'must specify one of: `configMapRef` or `secretRef`';
      errors.push(invalid(path, '', detail));
    } else if (configMapRef && secretRef) {
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}

function validateSourceName(name: string, path: FieldPath): FieldError[] {
  return name === ''
    ? [required(path)]
    : invalidEach(path, name, isDNS1123Subdomain(maskTrailingDash(name)));
}
