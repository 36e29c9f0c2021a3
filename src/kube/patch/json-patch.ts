import jsonPatch, { type Operation } from 'fast-json-patch';
import { badRequest, statusError, tooLarge } from '#kube/status.ts';
import { isJsonObject, type Json } from './json.ts';

/** upstream: apiserver/pkg/endpoints/handlers/patch.go */
const maxOperations = 10_000;

/** JSON patch, RFC 6902. Throws 400 for what is no patch and 422 where it does not apply. */
export function applyJsonPatch(document: Json, patch: Json): Json {
  if (!Array.isArray(patch) || !patch.every(isJsonObject)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  if (patch.length > maxOperations) {
    throw tooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  try {
    const operations = patch as unknown as Operation[];
    return jsonPatch.applyPatch(structuredClone(document), operations, true, true, true)
      .newDocument;
  } catch (thrown) {
    throw doesNotApply(thrown);
  }
}

/** upstream: errors.NewGenericServerResponse for 422; it keeps the reason to itself, so do we keep its text. */
function doesNotApply(cause: unknown): Error {
  const error = statusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
    code: 422,
  });
  error.cause = cause;
  return error;
}
