import { SandglassError, asSandglassError } from '#base/errors.ts';
import { isNotFound } from '#kube/status.ts';
import type {
  ConfigMap,
  Container,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  Pod,
  Secret,
} from '#kube/types.ts';
import { decodeBase64 } from '#kubelet/base64.ts';
import { namespaceOf } from '#kubelet/pod-facts.ts';
import { parseEnvFile } from './env-file.ts';
import { expand } from './expansion.ts';
import { type PodAddresses, podFieldValue } from './field-path.ts';
import { resourceFieldValue } from './resource-field.ts';

/** Where environment and volumes take configMaps and secrets from; a missing one rejects as the API says it. */
export interface ConfigSource {
  configMap(namespace: string, name: string): Promise<ConfigMap>;
  secret(namespace: string, name: string): Promise<Secret>;
}

export interface EnvironmentContext {
  source: ConfigSource;
  addresses: PodAddresses;
  allocatable: () => Record<string, string>;
  /** A file of one of the pod's volumes; one that is missing rejects with `not-found`. */
  volumeFile: (volume: string, path: string) => Promise<string>;
}

/** A container's environment: envFrom first, then env in order, each seeing what came before (makeEnvironmentVariables). */
export async function makeEnvironment(
  pod: Pod,
  container: Container,
  context: EnvironmentContext,
): Promise<ReadonlyMap<string, string>> {
  const environment = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of await envFrom(pod, from, context)) {
      environment.set(`${from.prefix ?? ''}${key}`, value);
    }
  }
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(pod, container, variable, context)
      : expand(variable.value ?? '', (name) => environment.get(name));
    if (value !== undefined) environment.set(variable.name, value);
  }
  return environment;
}

async function envFrom(
  pod: Pod,
  { configMapRef, secretRef }: EnvFromSource,
  context: EnvironmentContext,
): Promise<[string, string][]> {
  const namespace = namespaceOf(pod);
  if (configMapRef) {
    const { name = '', optional = false } = configMapRef;
    const map = await orAbsent(context.source.configMap(namespace, name), optional);
    return Object.entries(map?.data ?? {});
  }
  if (secretRef) {
    const { name = '', optional = false } = secretRef;
    const secret = await orAbsent(context.source.secret(namespace, name), optional);
    return Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decodeText(value)]);
  }
  return [];
}

/** Undefined for an optional one that is not there. */
async function valueFrom(
  pod: Pod,
  container: Container,
  { valueFrom: from }: EnvVar,
  context: EnvironmentContext,
): Promise<string | undefined> {
  const namespace = namespaceOf(pod);
  if (from?.fieldRef) return podFieldValue(from.fieldRef.fieldPath, pod, context.addresses);
  if (from?.resourceFieldRef) {
    return resourceFieldValue(from.resourceFieldRef, pod, container, context.allocatable());
  }
  if (from?.configMapKeyRef) {
    const { name = '', key, optional = false } = from.configMapKeyRef;
    const map = await orAbsent(context.source.configMap(namespace, name), optional);
    const value = map?.data?.[key];
    if (value !== undefined || optional) return value;
    throw new SandglassError(
      'not-found',
      `couldn't find key ${key} in ConfigMap ${namespace}/${name}`,
    );
  }
  if (from?.secretKeyRef) {
    const { name = '', key, optional = false } = from.secretKeyRef;
    const secret = await orAbsent(context.source.secret(namespace, name), optional);
    const value = secret?.data?.[key];
    if (value !== undefined) return decodeText(value);
    if (optional) return undefined;
    throw new SandglassError(
      'not-found',
      `couldn't find key ${key} in Secret ${namespace}/${name}`,
    );
  }
  if (from?.fileKeyRef) return fileValue(from.fileKeyRef, context);
  return undefined;
}

/** Of a file that an earlier container has written (KEP-3721). */
async function fileValue(
  { volumeName, path, key, optional = false }: FileKeySelector,
  { volumeFile }: EnvironmentContext,
): Promise<string | undefined> {
  let text: string;
  try {
    text = await volumeFile(volumeName, path);
  } catch (error) {
    const { code, message } = asSandglassError(error);
    if (optional && code === 'not-found') return undefined;
    throw new SandglassError(
      code,
      `couldn't read environment variable file "${path}" of volume "${volumeName}": ${message}`,
    );
  }
  const value = parseEnvFile(text, key);
  if (value !== undefined || optional) return value;
  throw new SandglassError(
    'not-found',
    `couldn't find key ${key} in file "${path}" of volume "${volumeName}"`,
  );
}

async function orAbsent<T>(promise: Promise<T>, optional: boolean): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (optional && isNotFound(error)) return undefined;
    throw error;
  }
}

function decodeText(base64: string): string {
  return new TextDecoder().decode(decodeBase64(base64));
}
