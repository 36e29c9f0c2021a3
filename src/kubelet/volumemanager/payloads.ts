import { SandglassError } from '#base/errors.ts';
import { isNotFound } from '#kube/status.ts';
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  ProjectedVolumeSource,
  SecretVolumeSource,
  VolumeProjection,
} from '#kube/types.ts';
import { decodeBase64 } from '#kubelet/base64.ts';
import type { ConfigSource } from '#kubelet/env/environment.ts';
import { type PodAddresses, podFieldValue } from '#kubelet/env/field-path.ts';
import { resourceFieldValue } from '#kubelet/env/resource-field.ts';
import { namespaceOf } from '#kubelet/pod-facts.ts';
import type { Payload, PayloadFile } from './atomic-writer.ts';

export interface PayloadContext {
  source: ConfigSource;
  addresses: (pod: Pod) => PodAddresses;
  allocatable: () => Record<string, string>;
}

type Files = Map<string, PayloadFile>;

const usualMode = 0o644;

/** pkg/volume/configmap/configmap.go */
export async function configMapPayload(
  pod: Pod,
  { name = '', items, optional = false, defaultMode = usualMode }: ConfigMapVolumeSource,
  { source }: PayloadContext,
): Promise<Payload> {
  const map = await orAbsent(source.configMap(namespaceOf(pod), name), optional);
  const encoder = new TextEncoder();
  const data = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(map?.data ?? {})) data.set(key, encoder.encode(value));
  for (const [key, value] of Object.entries(map?.binaryData ?? {}))
    data.set(key, decodeBase64(value));
  return select(
    data,
    items,
    defaultMode,
    optional,
    (key) => `configmap references non-existent config key: ${key}`,
  );
}

/** pkg/volume/secret/secret.go */
export async function secretPayload(
  pod: Pod,
  { secretName = '', items, optional = false, defaultMode = usualMode }: SecretVolumeSource,
  { source }: PayloadContext,
): Promise<Payload> {
  const secret = await orAbsent(source.secret(namespaceOf(pod), secretName), optional);
  const data = new Map(
    Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decodeBase64(value)]),
  );
  return select(
    data,
    items,
    defaultMode,
    optional,
    (key) => `references non-existent secret key: ${key}`,
  );
}

/** pkg/volume/downwardapi/downwardapi.go */
export function downwardPayload(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number,
  { addresses, allocatable }: PayloadContext,
): Payload {
  const encoder = new TextEncoder();
  const files: Files = new Map();
  for (const { path, fieldRef, resourceFieldRef, mode = defaultMode } of items) {
    const text = fieldRef
      ? podFieldValue(fieldRef.fieldPath, pod, addresses(pod))
      : resourceFieldRef
        ? resourceFieldValue(resourceFieldRef, pod, undefined, allocatable())
        : '';
    files.set(path, { data: encoder.encode(text), mode });
  }
  return files;
}

/** pkg/volume/projected/projected.go */
export async function projectedPayload(
  pod: Pod,
  { sources = [], defaultMode = usualMode }: ProjectedVolumeSource,
  context: PayloadContext,
): Promise<Payload> {
  const files: Files = new Map();
  for (const projection of sources) {
    for (const [path, file] of await projectionPayload(pod, projection, defaultMode, context))
      files.set(path, file);
  }
  return files;
}

async function projectionPayload(
  pod: Pod,
  { configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection,
  defaultMode: number,
  context: PayloadContext,
): Promise<Payload> {
  if (configMap) return await configMapPayload(pod, { ...configMap, defaultMode }, context);
  if (secret) {
    const { name, ...rest } = secret;
    return await secretPayload(
      pod,
      { ...rest, ...(name !== undefined && { secretName: name }), defaultMode },
      context,
    );
  }
  if (downwardAPI) return downwardPayload(pod, downwardAPI.items ?? [], defaultMode, context);
  const what = serviceAccountToken ? 'Tokens of service accounts are' : 'This projection is';
  throw new SandglassError('unimplemented', `${what} not served by this cluster.`);
}

/** All keys, or the chosen ones at their paths (MakePayload). */
function select(
  data: ReadonlyMap<string, Uint8Array>,
  items: readonly KeyToPath[] | undefined,
  defaultMode: number,
  optional: boolean,
  missing: (key: string) => string,
): Payload {
  if (!items || items.length === 0) {
    return new Map([...data].map(([key, value]) => [key, { data: value, mode: defaultMode }]));
  }
  const files: Files = new Map();
  for (const { key, path, mode = defaultMode } of items) {
    const value = data.get(key);
    if (value) files.set(path, { data: value, mode });
    else if (!optional) throw new SandglassError('not-found', missing(key));
  }
  return files;
}

async function orAbsent<T>(promise: Promise<T>, optional: boolean): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (optional && isNotFound(error)) return undefined;
    throw error;
  }
}
