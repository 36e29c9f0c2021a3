import { semanticEqual } from '#kube/equality.ts';
import type { ConfigMap, Secret } from '#kube/types.ts';
import { forbidden, invalid, required, tooLong, type FieldError } from './field-error.ts';
import { field, type FieldPath } from './field-path.ts';
import { byteLength, isConfigMapKey } from './names.ts';
import { invalidEach } from './labels.ts';
import {
  subdomainName,
  validateImmutable,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta.ts';

/** 1 MiB, of all values together (core.MaxSecretSize). */
const maxDataSize = 1024 * 1024;
const metadata = field('metadata');
const immutableDetail = 'field is immutable when `immutable` is set';

/** upstream: ValidateConfigMap. */
export function validateConfigMap(configMap: ConfigMap): FieldError[] {
  const { data = {}, binaryData = {} } = configMap;
  const size =
    Object.values(data).reduce((sum, text) => sum + byteLength(text), 0) + base64Size(binaryData);
  return [
    ...validateObjectMeta(configMap.metadata ?? {}, true, subdomainName, metadata),
    ...Object.keys(data).flatMap((key) => {
      const path = field('data').key(key);
      const isTwice = Object.hasOwn(binaryData, key);
      return [
        ...invalidEach(path, key, isConfigMapKey(key)),
        ...(isTwice ? [invalid(path, key, 'duplicate of key present in binaryData')] : []),
      ];
    }),
    ...validateKeys(binaryData, field('binaryData')),
    // Of the whole object, which has no path.
    ...(size > maxDataSize ? [tooLong(field(''), maxDataSize)] : []),
  ];
}

export function validateConfigMapUpdate(next: ConfigMap, previous: ConfigMap): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, metadata),
    ...validateImmutableData(next, previous, ['data', 'binaryData']),
    ...validateConfigMap(next),
  ];
}

/** upstream: ValidateSecret. */
export function validateSecret(secret: Secret): FieldError[] {
  const { data = {} } = secret;
  const path = field('data');
  return [
    ...validateObjectMeta(secret.metadata ?? {}, true, subdomainName, metadata),
    ...validateKeys(data, path),
    ...(base64Size(data) > maxDataSize ? [tooLong(path, maxDataSize)] : []),
    ...validateSecretType(secret, path),
  ];
}

export function validateSecretUpdate(next: Secret, previous: Secret): FieldError[] {
  return [
    ...validateObjectMetaUpdate(next.metadata ?? {}, previous.metadata ?? {}, metadata),
    ...validateImmutable(next.type, previous.type, field('type')),
    ...validateImmutableData(next, previous, ['data']),
    ...validateSecret(next),
  ];
}

function validateKeys(data: Readonly<Record<string, unknown>>, path: FieldPath): FieldError[] {
  return Object.keys(data).flatMap((key) => invalidEach(path.key(key), key, isConfigMapKey(key)));
}

function validateImmutableData<Field extends string>(
  next: { immutable?: boolean } & Partial<Record<Field, unknown>>,
  previous: { immutable?: boolean } & Partial<Record<Field, unknown>>,
  fields: readonly Field[],
): FieldError[] {
  if (previous.immutable !== true) return [];
  return [
    ...(next.immutable === true ? [] : [forbidden(field('immutable'), immutableDetail)]),
    ...fields
      .filter((name) => !semanticEqual(next[name], previous[name]))
      .map((name) => forbidden(field(name), immutableDetail)),
  ];
}

const serviceAccountName = 'kubernetes.io/service-account.name';

function validateSecretType(secret: Secret, path: FieldPath): FieldError[] {
  const { data = {}, type } = secret;
  const missing = (...keys: readonly string[]) =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(path.key(key)));
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return (secret.metadata?.annotations?.[serviceAccountName] ?? '') === ''
        ? [required(field('metadata', 'annotations').key(serviceAccountName))]
        : [];
    case 'kubernetes.io/dockercfg':
      return validateJson(data['.dockercfg'], path.key('.dockercfg'));
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(data['.dockerconfigjson'], path.key('.dockerconfigjson'));
    case 'kubernetes.io/basic-auth': {
      const absent = missing('username', 'password');
      return absent.length === 2 ? absent : [];
    }
    case 'kubernetes.io/ssh-auth':
      return (data['ssh-privatekey'] ?? '') === '' ? [required(path.key('ssh-privatekey'))] : [];
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key');
    default:
      return [];
  }
}

/** The contents are never shown. */
function validateJson(encoded: string | undefined, path: FieldPath): FieldError[] {
  if (encoded === undefined) return [required(path)];
  const redacted = '<secret contents redacted>';
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    JSON.parse(new TextDecoder().decode(bytes));
    return [];
  } catch {
    return [invalid(path, redacted, 'invalid character: the value is not JSON')];
  }
}

/** Of what the texts encode. */
function base64Size(data: Readonly<Record<string, string>>): number {
  return Object.values(data).reduce((sum, text) => {
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
    return sum + (text.length / 4) * 3 - padding;
  }, 0);
}
