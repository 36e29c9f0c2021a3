import { allResources, type GroupVersionKind } from '#kube/resources.ts';

/** The kinds whose objects have the definition's shape, for `x-kubernetes-group-version-kind`. */
export function kindsOfDefinition(definition: string): GroupVersionKind[] {
  const kinds = byDefinition.get(definition) ?? [];
  return [...kinds].sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
}

const byDefinition = new Map<string, GroupVersionKind[]>();

for (const { group, version, kind, listKind, definition } of allResources) {
  add(definition, { group, kind, version });
  // A resource that cannot be listed, such as Binding, has no list.
  if (definition !== 'Binding') add(`${definition}List`, { group, kind: listKind, version });
}
for (const groupVersion of distinctGroupVersions()) {
  add('DeleteOptions', { ...groupVersion, kind: 'DeleteOptions' });
  add('WatchEvent', { ...groupVersion, kind: 'WatchEvent' });
}
for (const kind of ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'Status']) {
  add(kind, { group: '', kind, version: 'v1' });
}
add('Table', { group: 'meta.k8s.io', kind: 'Table', version: 'v1' });

function add(definition: string, kind: GroupVersionKind): void {
  byDefinition.set(definition, [...(byDefinition.get(definition) ?? []), kind]);
}

function distinctGroupVersions(): { group: string; version: string }[] {
  const seen = new Map(
    allResources.map(({ group, version }) => [`${group}/${version}`, { group, version }]),
  );
  return [...seen.values()];
}
