import { SandglassError } from '#base/errors.ts';
import { isNotFound } from '#kube/status.ts';
import type { ConfigMap, Container, EnvFromSource, EnvVar, Pod, Secret } from '#kube/types.ts';
import { decodeBase64 } from '#kubelet/base64.ts';
import { namespaceOf } from '#kubelet/pod-facts.ts';
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
  return undefined;
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
