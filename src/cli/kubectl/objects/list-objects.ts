import { quote } from '#kube/go-text.ts';
import { resourcePath, type Resource } from '#kube/resources.ts';
import { StatusError } from '#kube/status.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { gvrText, type AnyObject } from './object-info.ts';
import { requestJson, type ReadOptions } from './request.ts';

export interface ListOptions {
  labelSelector?: string;
  fieldSelector?: string;
  /** 0 is everything at once. */
  chunkSize?: number;
  read?: ReadOptions;
}

/** Every page of the list; a table's rows come together. */
export async function listObjects(
  context: KubectlContext,
  resource: Resource,
  namespace: string,
  { labelSelector = '', fieldSelector = '', chunkSize = 500, read }: ListOptions,
): Promise<AnyObject> {
  const path = resourcePath(resource, { namespace });
  const [labels, fields] = [labelSelector.trim(), fieldSelector.trim()];
  const page = async (next: string | undefined) => {
    try {
      return await requestJson(context, path, {
        ...(read?.accept === undefined ? {} : { headers: { accept: read.accept } }),
        query: {
          ...read?.query,
          labelSelector: labels || undefined,
          fieldSelector: fields || undefined,
          limit: chunkSize > 0 ? chunkSize : undefined,
          continue: next,
        },
      });
    } catch (error) {
      throw enhanceListError(error, { resource, labels, fields });
    }
  };
  const first = await page(undefined);
  let next = continueOf(first);
  while (next !== undefined) {
    const more = await page(next);
    for (const key of ['items', 'rows'] as const) {
      const [into, from] = [first[key], more[key]];
      if (Array.isArray(into) && Array.isArray(from)) into.push(...(from as unknown[]));
    }
    next = continueOf(more);
  }
  return Array.isArray(first['items']) || first.kind === 'Table' ? first : { ...first, items: [] };
}

/** cli-runtime, pkg/resource/helper.go, EnhanceListError */
function enhanceListError(
  error: unknown,
  { resource, labels, fields }: { resource: Resource; labels: string; fields: string },
): unknown {
  const isEnhanced = error instanceof StatusError && [400, 404].includes(error.status.code ?? 0);
  if (!isEnhanced) return error;
  const subject = quote(gvrText(resource));
  const text =
    labels === '' && fields === ''
      ? `Unable to list ${subject}`
      : `Unable to find ${subject} that match label selector ${quote(labels)}, field selector ${quote(fields)}`;
  return new StatusError({ ...error.status, message: `${text}: ${error.message}` });
}

function continueOf({ metadata }: AnyObject): string | undefined {
  const next = (metadata as { continue?: string } | undefined)?.continue;
  return next === '' ? undefined : next;
}
