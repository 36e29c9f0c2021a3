import { allResources, apiVersionOf, type GroupVersion, type Resource } from '#kube/resources.ts';
import type {
  APIGroup,
  APIGroupList,
  APIResource,
  APIResourceList,
  APIVersions,
} from '#kube/types.ts';

/** Groups but the core one, in the order of upstream's priorities (kube-apiserver's apiVersionPriorities); others follow. */
const groupOrder = ['events.k8s.io', 'node.k8s.io', 'coordination.k8s.io', 'metrics.k8s.io'];

function groupNames(): string[] {
  const names = new Set(allResources.map(({ group }) => group).filter((group) => group !== ''));
  const place = (name: string) =>
    (groupOrder.indexOf(name) + groupOrder.length + 1) % (groupOrder.length + 1);
  return [...names].sort((one, other) => place(one) - place(other));
}

export function apiVersions(): APIVersions {
  return {
    kind: 'APIVersions',
    apiVersion: 'v1',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: 'kubernetes' }],
  };
}

export function apiGroupList(): APIGroupList {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames().map(groupOf) };
}

/** `undefined` for a group that is not served. */
export function apiGroup(name: string): APIGroup | undefined {
  if (!groupNames().includes(name)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name) };
}

function groupOf(name: string): APIGroup {
  const versions = versionsOf(name).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] ?? { groupVersion: name, version: '' } };
}

function versionsOf(group: string): string[] {
  return [
    ...new Set(allResources.filter((one) => one.group === group).map(({ version }) => version)),
  ];
}

/** `undefined` for a version that is not served. */
export function apiResourceList(groupVersion: GroupVersion): APIResourceList | undefined {
  const found = resourcesOf(groupVersion);
  if (found.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(groupVersion),
    resources: found.flatMap(resourceEntries),
  };
}

function resourcesOf({ group, version }: GroupVersion): Resource[] {
  return allResources
    .filter((one) => one.group === group && one.version === version)
    .sort((one, other) => (one.resource < other.resource ? -1 : 1));
}

function resourceEntries(resource: Resource): APIResource[] {
  const entry: APIResource = {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...resource.verbs],
    ...(resource.shortNames.length > 0 ? { shortNames: [...resource.shortNames] } : {}),
    ...(resource.categories.length > 0 ? { categories: [...resource.categories] } : {}),
  };
  const subresources = resource.subresources.map(({ name, kind, verbs }) => ({
    name: `${resource.resource}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    kind: kind.kind,
    verbs: [...verbs],
  }));
  return [entry, ...subresources];
}

/** apidiscovery.k8s.io/v2: everything under /api or /apis in one answer. */
export function aggregatedDiscovery(root: 'api' | 'apis', version: 'v2' | 'v2beta1'): object {
  const groups = root === 'api' ? [''] : groupNames();
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { name: group, creationTimestamp: null },
      versions: versionsOf(group).map((groupVersion) => ({
        version: groupVersion,
        resources: resourcesOf({ group, version: groupVersion }).map(resourceDiscovery),
        freshness: 'Current',
      })),
    })),
  };
}

function resourceDiscovery(resource: Resource): object {
  const scope = resource.namespaced ? 'Namespaced' : 'Cluster';
  const { group, version, kind } = resource;
  return {
    resource: resource.resource,
    responseKind: { group, version, kind },
    scope,
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length > 0
      ? {
          subresources: resource.subresources.map((one) => ({
            subresource: one.name,
            responseKind: one.kind,
            verbs: one.verbs,
          })),
        }
      : {}),
  };
}
