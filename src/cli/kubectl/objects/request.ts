import { failureOf } from '#kube/client/response.ts';
import { type RawRequest } from '#kube/client/client.ts';
import { patchTypes, type PatchType } from '#kube/client/options.ts';
import { isNotFound } from '#kube/status.ts';
import { resourcePath } from '#kube/resources.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { pathOf, type AnyObject, type Info } from './object-info.ts';

export interface ReadOptions {
  /** Of the Accept header. */
  accept?: string | undefined;
  query?: NonNullable<RawRequest['query']>;
  subresource?: string | undefined;
}

export const tableAccept =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

export async function requestJson(
  { client, signal }: KubectlContext,
  path: string,
  init: RawRequest = {},
): Promise<AnyObject> {
  const response = await client.request(path, { signal, ...init });
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as AnyObject;
}

/** The object as it is now; that its namespace is missing is the better message (visitor.go, Info.Get). */
export async function getObject(
  context: KubectlContext,
  info: Info,
  { accept, query, subresource }: ReadOptions = {},
): Promise<AnyObject> {
  try {
    return await requestJson(context, pathOf(info, subresource), {
      ...(accept === undefined ? {} : { headers: { accept } }),
      ...(query === undefined ? {} : { query }),
    });
  } catch (error) {
    const { namespace } = info;
    if (isNotFound(error) && namespace !== '' && namespace !== 'default') {
      await requireNamespace(context, namespace);
    }
    throw error;
  }
}

async function requireNamespace(context: KubectlContext, namespace: string): Promise<void> {
  try {
    await requestJson(context, `/api/v1/namespaces/${encodeURIComponent(namespace)}`);
  } catch (error) {
    if (isNotFound(error)) throw error;
  }
}

export interface WriteFacts {
  fieldManager?: string | undefined;
  fieldValidation?: string | undefined;
  /** Asks the server not to keep it. */
  dryRun?: boolean | undefined;
}

function writeQuery({ fieldManager, fieldValidation, dryRun }: WriteFacts) {
  return { dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation };
}

export function createObject(
  context: KubectlContext,
  { resource, namespace }: Info,
  object: AnyObject,
  facts: WriteFacts = {},
): Promise<AnyObject> {
  return requestJson(context, resourcePath(resource, { namespace }), {
    method: 'POST',
    body: JSON.stringify(object),
    query: writeQuery(facts),
  });
}

/** Of server-side apply (apimachinery, pkg/types/patch.go). */
const applyType = 'application/apply-patch+yaml';

export function patchObject(
  context: KubectlContext,
  info: Info,
  patch: string,
  facts: WriteFacts & {
    type: PatchType | 'apply';
    subresource?: string | undefined;
    /** Of an apply: takes fields over from others. */
    force?: boolean | undefined;
  },
): Promise<AnyObject> {
  return requestJson(context, pathOf(info, facts.subresource), {
    method: 'PATCH',
    body: patch,
    contentType: facts.type === 'apply' ? applyType : patchTypes[facts.type],
    query: { ...writeQuery(facts), force: facts.force },
  });
}

export function replaceObject(
  context: KubectlContext,
  info: Info,
  object: AnyObject,
  facts: WriteFacts = {},
): Promise<AnyObject> {
  return requestJson(context, pathOf(info), {
    method: 'PUT',
    body: JSON.stringify(object),
    query: writeQuery(facts),
  });
}

export function deleteObject(
  context: KubectlContext,
  info: Info,
  options: Record<string, unknown>,
): Promise<AnyObject> {
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...options };
  return requestJson(context, pathOf(info), { method: 'DELETE', body: JSON.stringify(body) });
}
