import { quantityOf } from '#kube/quantity.ts';
import type { ConfigMap, KubeObject, Namespace, Node, RuntimeClass, Secret } from '#kube/types.ts';
import { setPodDefaults } from './pod.ts';

/** A copy with what upstream fills in (pkg/apis/core/v1/defaults.go and conversion.go). */
export function applyDefaults<T extends KubeObject>(object: T): T {
  const copy = structuredClone(object);
  defaulters[`${copy.apiVersion ?? ''}/${copy.kind ?? ''}`]?.(copy);
  return copy;
}

const defaulters: Readonly<Record<string, (object: KubeObject) => void>> = {
  'v1/Namespace': setNamespaceDefaults,
  'v1/Node': setNodeDefaults,
  'v1/Pod': (object) => setPodDefaults(object),
  'v1/Secret': setSecretDefaults,
  'v1/ConfigMap': (object) => dropEmptyData(object),
  'node.k8s.io/v1/RuntimeClass': setRuntimeClassDefaults,
};

function setNamespaceDefaults(namespace: Namespace): void {
  const name = namespace.metadata?.name;
  if (name !== undefined && namespace.metadata) {
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      'kubernetes.io/metadata.name': name,
    };
  }
  namespace.status = { ...namespace.status, phase: namespace.status?.phase ?? 'Active' };
}

function setNodeDefaults(node: Node): void {
  const { status } = node;
  if (!status) return;
  if (status.capacity) status.capacity = roundToMilli(status.capacity);
  if (status.allocatable) status.allocatable = roundToMilli(status.allocatable);
  else if (status.capacity) status.allocatable = { ...status.capacity };
}

function setSecretDefaults(secret: Secret): void {
  secret.type ??= 'Opaque';
  if (secret.stringData) {
    const given = Object.entries(secret.stringData).map(([key, text]) => [key, base64(text)]);
    secret.data = { ...secret.data, ...(Object.fromEntries(given) as Record<string, string>) };
    // Write-only: it is never seen again.
    delete secret.stringData;
  }
}

function dropEmptyData(configMap: ConfigMap): void {
  if (configMap.data && Object.keys(configMap.data).length === 0) delete configMap.data;
}

function setRuntimeClassDefaults(runtimeClass: KubeObject): void {
  const { overhead } = runtimeClass as RuntimeClass;
  if (overhead?.podFixed) overhead.podFixed = roundToMilli(overhead.podFixed);
}

/** Upstream keeps no resource finer than a thousandth (SetDefaults_ResourceList). */
export function roundToMilli(list: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(list).map((name) => [name, quantityOf(list, name).roundUpToMilli().toString()]),
  );
}

function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
