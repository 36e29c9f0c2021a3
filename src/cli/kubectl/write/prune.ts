import type { Resource } from '#kube/resources.ts';
import { apiVersionOf, resourcePath } from '#kube/resources.ts';
import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import { operationText, type DryRun } from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { isList, metadataOf, type AnyObject, type Info } from '#cli/kubectl/objects/object-info.ts';
import { deleteObject, requestJson } from '#cli/kubectl/objects/request.ts';
import { namePrinter } from '#cli/kubectl/printing/plain-printers.ts';
import { klogLine } from '#cli/text/klog.ts';
import { lastApplied } from './last-applied.ts';

interface Kind {
  group: string;
  version: string;
  kind: string;
  isNamespaced: boolean;
}

const namespaced = (group: string, kinds: readonly string[]): Kind[] =>
  kinds.map((kind) => ({ group, version: 'v1', kind, isNamespaced: true }));

/** Looked through without an allowlist (kubectl, pkg/util/prune/prune.go). */
const usualKinds: readonly Kind[] = [
  ...namespaced('', ['ConfigMap', 'Endpoints', 'PersistentVolumeClaim', 'Pod']),
  ...namespaced('', ['ReplicationController', 'Secret', 'Service']),
  ...namespaced('batch', ['Job', 'CronJob']),
  ...namespaced('networking.k8s.io', ['Ingress']),
  ...namespaced('apps', ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']),
  { group: '', version: 'v1', kind: 'Namespace', isNamespaced: false },
  { group: '', version: 'v1', kind: 'PersistentVolume', isNamespaced: false },
];

/** Of `--prune-allowlist`, each `group/version/kind`. */
export async function allowedResources(
  { discovery }: KubectlContext,
  allowlist: readonly string[],
): Promise<Resource[]> {
  const resources: Resource[] = [];
  for (const text of allowlist) {
    const [group = '', version = '', kind, ...rest] = text.split('/');
    if (kind === undefined || rest.length > 0) {
      throw failure(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
    }
    const apiVersion = apiVersionOf({ group: group === 'core' ? '' : group, version });
    const resource = await discovery.resourceOfKind(apiVersion, kind);
    if (!resource) throw noMatch(kind, apiVersion);
    resources.push(resource);
  }
  return resources;
}

function noMatch(kind: string, apiVersion: string): Error {
  return failure(`no matches for kind ${quote(kind)} in version ${quote(apiVersion)}`);
}

async function usualResources({ discovery, err, clock }: KubectlContext): Promise<Resource[]> {
  const warning =
    'Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.';
  await err.write(klogLine(clock, 'W', 'prune.go:77', warning));
  const resources: Resource[] = [];
  for (const { group, version, kind, isNamespaced } of usualKinds) {
    const apiVersion = apiVersionOf({ group, version });
    const resource = await discovery.resourceOfKind(apiVersion, kind);
    if (!resource) {
      const text = `${group}/${version}, Kind=${kind}, Namespaced=${isNamespaced}`;
      throw failure(
        `error retrieving RESTMappings to prune: invalid resource ${text}: ${noMatch(kind, apiVersion).message}`,
      );
    }
    resources.push(resource);
  }
  return resources;
}

export interface PruneFacts {
  /** Empty for the usual ones. */
  allowed: readonly Resource[];
  /** What was applied and where, which stays. */
  visited: { uids: ReadonlySet<string>; namespaces: ReadonlySet<string> };
  selector: string;
  dryRun: DryRun;
  propagationPolicy: string;
  gracePeriod: number;
}

/** Deletes what an earlier apply made and this one did not meet (kubectl, pkg/cmd/apply/prune.go). */
export async function prune(context: KubectlContext, facts: PruneFacts): Promise<void> {
  const { allowed, visited } = facts;
  const resources = allowed.length > 0 ? allowed : await usualResources(context);
  const inNamespaces = resources.filter((one) => one.namespaced);
  for (const namespace of visited.namespaces) {
    for (const resource of inNamespaces) await pruneOne(context, resource, namespace, facts);
  }
  for (const resource of resources) {
    if (!resource.namespaced) await pruneOne(context, resource, '', facts);
  }
}

async function pruneOne(
  context: KubectlContext,
  resource: Resource,
  namespace: string,
  facts: PruneFacts,
): Promise<void> {
  const { visited, selector, dryRun } = facts;
  try {
    const list = await requestJson(context, resourcePath(resource, { namespace }), {
      query: { labelSelector: selector || undefined },
    });
    const identity = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    for (const item of isList(list) ? list.items : []) {
      const { name = '', uid = '' } = metadataOf(item);
      if (!lastApplied(item) || visited.uids.has(uid)) continue;
      const object: AnyObject = { ...item, ...identity };
      if (dryRun !== 'client') await remove(context, { resource, namespace, name }, facts);
      await context.out.write(namePrinter(operationText('pruned', dryRun)).print(object));
    }
  } catch (error) {
    if (context.signal.aborted) throw error;
    const where = resource.namespaced ? 'namespaced' : 'nonNamespaced';
    const { group, version, kind } = resource;
    const { message } = asSandglassError(error);
    throw failure(`error pruning ${where} object ${group}/${version}, Kind=${kind}: ${message}`);
  }
}

async function remove(
  context: KubectlContext,
  info: Info,
  { gracePeriod, propagationPolicy, dryRun }: PruneFacts,
): Promise<void> {
  await deleteObject(context, info, {
    ...(gracePeriod >= 0 ? { gracePeriodSeconds: gracePeriod } : {}),
    propagationPolicy,
    ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
  });
}
