import {
  allResources,
  type GroupVersion,
  type Resource,
  type Subresource,
  type Verb,
} from '#kube/resources.ts';
import {
  connectParameters,
  namePath,
  namespacePath,
  pretty,
  verbParameters,
  type Parameter,
} from './parameters.ts';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

/** One operation, in the words of neither version. */
export interface Operation {
  method: Method;
  operationId: string;
  description: string;
  tag: string;
  /** `x-kubernetes-action`. */
  action: string;
  kind: { group: string; kind: string; version: string };
  parameters: readonly Parameter[];
  /** Definitions of what is sent and answered. */
  body?: string;
  answer?: string;
}

export interface PathItem {
  path: string;
  groupVersion: GroupVersion;
  parameters: readonly Parameter[];
  operations: readonly Operation[];
}

/** Every path that is served. */
export function allPaths(): PathItem[] {
  return allResources.flatMap(pathsOf);
}

export function groupVersionPath({ group, version }: GroupVersion): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

const methods: Partial<Record<Verb, Method>> = {
  create: 'post',
  delete: 'delete',
  deletecollection: 'delete',
  get: 'get',
  list: 'get',
  patch: 'patch',
  update: 'put',
};

/** Upstream's names for the same (`x-kubernetes-action`, and what operation ids begin with). */
const actions: Readonly<Record<string, readonly [string, string]>> = {
  create: ['post', 'create'],
  delete: ['delete', 'delete'],
  deletecollection: ['deletecollection', 'deleteCollection'],
  get: ['get', 'read'],
  list: ['list', 'list'],
  patch: ['patch', 'patch'],
  update: ['put', 'replace'],
};

const collectionVerbs: readonly Verb[] = ['list', 'create', 'deletecollection'];
const objectVerbs: readonly Verb[] = ['get', 'update', 'patch', 'delete'];

function pathsOf(resource: Resource): PathItem[] {
  const root = `/${groupVersionPath(resource)}`;
  const folder = resource.namespaced ? `${root}/namespaces/{namespace}` : root;
  const scope = resource.namespaced ? [namespacePath] : [];
  const collection = `${folder}/${resource.resource}`;
  const item = (path: string, parameters: Parameter[], operations: Operation[]): PathItem => ({
    path,
    groupVersion: resource,
    parameters: [...parameters, pretty],
    operations,
  });
  const operations = (verbs: readonly Verb[], everywhere = false) =>
    verbs
      .filter((verb) => resource.verbs.includes(verb))
      .map((verb) => operationOf(resource, verb, everywhere));
  const acrossNamespaces = resource.namespaced && resource.verbs.includes('list');
  return [
    item(collection, scope, operations(collectionVerbs)),
    item(`${collection}/{name}`, [...scope, namePath], operations(objectVerbs)),
    ...resource.subresources.map((subresource) =>
      item(
        `${collection}/{name}/${subresource.name}`,
        [...scope, namePath],
        subresourceOperations(resource, subresource),
      ),
    ),
    ...(acrossNamespaces
      ? [item(`${root}/${resource.resource}`, [], operations(['list'], true))]
      : []),
  ].filter((path) => path.operations.length > 0);
}

function operationOf(resource: Resource, verb: Verb, everywhere: boolean): Operation {
  const [action, prefix] = actions[verb] ?? [verb, verb];
  const { group, version, kind, definition } = resource;
  const scope = resource.namespaced && !everywhere ? 'Namespaced' : '';
  const isList = verb === 'list';
  const returnsStatus = verb === 'delete' || verb === 'deletecollection';
  const body = bodyOf(verb, definition);
  return {
    method: methods[verb] ?? 'get',
    operationId: `${prefix}${prefixOf(resource)}${scope}${kind}${everywhere ? 'ForAllNamespaces' : ''}`,
    description: `${verbTexts[verb] ?? verb} ${kind}`,
    tag: tagOf(resource),
    action,
    kind: { group, kind, version },
    parameters: verbParameters[verb],
    ...(body === undefined ? {} : { body }),
    answer: isList ? `${definition}List` : returnsStatus ? 'Status' : definition,
  };
}

function bodyOf(verb: Verb, definition: string): string | undefined {
  if (verb === 'create' || verb === 'update') return definition;
  if (verb === 'patch') return 'Patch';
  return verb === 'delete' || verb === 'deletecollection' ? 'DeleteOptions' : undefined;
}

const verbTexts: Partial<Record<Verb, string>> = {
  create: 'create a',
  delete: 'delete a',
  deletecollection: 'delete collection of',
  get: 'read the specified',
  list: 'list or watch objects of kind',
  patch: 'partially update the specified',
  update: 'replace the specified',
};

function subresourceOperations(resource: Resource, subresource: Subresource): Operation[] {
  const { name, kind, verbs } = subresource;
  const streams = connectParameters[name];
  const suffix = name.charAt(0).toUpperCase() + name.slice(1);
  return verbs.map((verb) => {
    const plain = operationOf(resource, verb, false);
    const body = bodyOf(verb, kind.kind);
    const answered = streams ? {} : { answer: kind.kind, ...(body === undefined ? {} : { body }) };
    const isConnect = streams !== undefined && name !== 'log';
    const scope = resource.namespaced ? 'Namespaced' : '';
    const method = methods[verb] ?? 'get';
    const connectId = `connect${prefixOf(resource)}${method === 'get' ? 'Get' : 'Post'}${scope}${resource.kind}${suffix}`;
    return {
      method,
      operationId: isConnect ? connectId : `${plain.operationId}${suffix}`,
      description: isConnect
        ? `connect ${method.toUpperCase()} requests to ${name} of ${resource.kind}`
        : `${plain.description} ${name}`,
      tag: plain.tag,
      action: isConnect ? 'connect' : plain.action,
      kind: { group: kind.group, kind: kind.kind, version: kind.version },
      parameters: streams ?? plain.parameters,
      ...answered,
    };
  });
}

/** `CoreV1`, `CoordinationV1`: of operation ids (apiserver, pkg/endpoints/openapi, GetOperationIDAndTags). */
function prefixOf({ group, version }: GroupVersion): string {
  const name = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}${version.charAt(0).toUpperCase()}${version.slice(1)}`;
}

function tagOf({ group, version }: GroupVersion): string {
  return `${group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')}_${version}`;
}
