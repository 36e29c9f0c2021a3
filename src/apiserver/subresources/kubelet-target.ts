import { resources } from '#kube/resources.ts';
import { internalError, notFound } from '#kube/status.ts';
import type { Container, Pod } from '#kube/types.ts';
import { badRequest } from '#kube/status.ts';
import type { KubeletServer } from '#apiserver/ports.ts';
import type { ApiContext } from '#apiserver/rest/context.ts';
import { targetOf, type Scope } from '#apiserver/rest/scope.ts';

export function podOf(scope: Pick<Scope, 'served' | 'path'>): Pod {
  return scope.served.registry.get(targetOf(scope));
}

/** The server of the kubelet that runs the pod; `undefined` for a pod that has no node yet. */
export function kubeletOf(context: ApiContext, pod: Pod): KubeletServer | undefined {
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') return undefined;
  if (!context.store.get('nodes', nodeName)) throw notFound(resources.nodes, nodeName);
  const server = context.kubelet(nodeName);
  if (!server) {
    throw internalError(`error dialing backend: the kubelet of node ${nodeName} does not answer`);
  }
  return server;
}

/** The container that is meant (upstream: pkg/registry/core/pod/strategy.go, validateContainer). */
export function containerOf(pod: Pod, wanted: string): string {
  const name = pod.metadata?.name ?? '';
  const containers = pod.spec?.containers ?? [];
  const inits = pod.spec?.initContainers ?? [];
  if (wanted !== '') {
    const isKnown = [...containers, ...inits].some((one) => one.name === wanted);
    if (!isKnown) throw badRequest(`container ${wanted} is not valid for pod ${name}`);
    return wanted;
  }
  const [only, ...others] = containers;
  if (only && others.length === 0) return only.name;
  if (!only) throw badRequest(`a container name must be specified for pod ${name}`);
  const orInits = inits.length === 0 ? '' : ` or one of the init containers: ${names(inits)}`;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: ${names(containers)}${orInits}`,
  );
}

function names(containers: readonly Container[]): string {
  return `[${containers.map(({ name }) => name).join(' ')}]`;
}

/** A path of a kubelet's server; the host is only a name, nothing is resolved. */
export function kubeletUrl(
  nodeName: string,
  parts: readonly string[],
  query: URLSearchParams,
): URL {
  const url = new URL(`http://${nodeName}/${parts.map(encodeURIComponent).join('/')}`);
  url.search = query.toString();
  return url;
}
