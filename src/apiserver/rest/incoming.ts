import { badRequest } from '#kube/status.ts';
import { applyDefaults } from '#kube/defaults/defaults.ts';
import { decode, type FieldValidation } from '#kube/schema/decode.ts';
import type { Unstored } from '#apiserver/registry/unstored.ts';
import { objectText, readBody } from './body.ts';
import type { Scope } from './scope.ts';

/** The object in a request's body, in the resource's version, with defaults; its warnings go to the scope. */
export async function incomingObject(
  scope: Scope,
  fieldValidation: FieldValidation,
): Promise<Unstored> {
  const body = await readBody(scope.request);
  const { text, format } = objectText(scope.request.headers, body, scope.resource.kind);
  return decodeObject(scope, text, fieldValidation, format);
}

export function decodeObject(
  scope: Scope,
  text: string,
  fieldValidation: FieldValidation,
  format: 'json' | 'yaml' = 'json',
): Unstored {
  const { object, warnings } = decode(scope.resource, text, fieldValidation, format);
  scope.warnings.push(...warnings);
  const { metadata = {} } = object;
  // Ownership of fields is not kept: server-side apply is not served.
  delete metadata.managedFields;
  delete metadata.selfLink;
  return applyDefaults({ ...object, metadata } as Unstored);
}

/** What only the server sets on a new object (upstream: apiserver/pkg/registry/rest/meta.go, WipeObjectMetaSystemFields). */
export function wipeSystemFields({ metadata }: Unstored): void {
  delete metadata.uid;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
}

/** Gives the object the request's namespace; throws 400 for one that has another. */
export function placeInNamespace({ resource, path }: Scope, { metadata }: Unstored): void {
  if (!resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  const { namespace } = path;
  if (namespace === undefined) return;
  const own = metadata.namespace ?? '';
  if (own !== '' && own !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  metadata.namespace = namespace;
}

/** An update's object must be the one that the path names (upstream: handlers/rest.go, checkName). */
export function checkName({ path }: Scope, { metadata }: Unstored): void {
  const name = metadata.name ?? '';
  if (name === '') {
    throw badRequest(
      `the name of the object (${path.name ?? ''} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (name !== path.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${path.name ?? ''})`,
    );
  }
  const own = metadata.namespace ?? '';
  if (path.namespace !== undefined && own !== '' && own !== path.namespace) {
    throw badRequest(
      `the namespace of the object (${own}) does not match the namespace on the request (${path.namespace})`,
    );
  }
}
