import { SandglassError } from '#base/errors.ts';
import { badRequest, invalid, StatusError } from '#kube/status.ts';
import { decodeValue, parseBody, strictText, type FieldValidation } from '#kube/schema/decode.ts';
import { field } from '#kube/validation/field-path.ts';
import { invalid as invalidValue } from '#kube/validation/field-error.ts';
import { patchTypes } from '#kube/client/options.ts';
import { patchSchemaOf } from '#kube/patch/definition-schema.ts';
import { applyJsonPatch } from '#kube/patch/json-patch.ts';
import { goValueText, type Json, type JsonObject } from '#kube/patch/json.ts';
import { mergePatch } from '#kube/patch/merge-patch.ts';
import { strategicMerge } from '#kube/patch/strategic-merge.ts';
import type { StoredObject } from '#apiserver/registry/unstored.ts';
import { readText } from './body.ts';
import { parseMediaType, unsupportedFormat } from './media-types.ts';
import type { Scope } from './scope.ts';

/** Applies a patch to an object; answers the JSON of the result. */
export type ApplyPatch = (current: StoredObject, fieldValidation: FieldValidation) => string;

/** Those of upstream without server-side apply, in the order in which upstream names them. */
const accepted = [patchTypes.json, patchTypes.merge, patchTypes.strategic];

/** Reads the request's patch; throws 415 for a kind of patch that is not served, server-side apply among them. */
export async function readPatch(scope: Scope): Promise<ApplyPatch> {
  const { type } = parseMediaType(scope.request.headers.get('content-type') ?? '');
  const patchType = accepted.find((one) => one === type);
  if (!patchType) throw unsupportedFormat(accepted);
  const { value, strictErrors } = parsePatch(await readText(scope.request));
  return (current, fieldValidation) => {
    const result = applied(patchType, scope, current, value);
    check(scope, patchType, value, result, strictErrors, fieldValidation);
    return JSON.stringify(result);
  };
}

function parsePatch(text: string): { value: Json; strictErrors: string[] } {
  try {
    const { value, strictErrors } = parseBody(text);
    return { value: value as Json, strictErrors };
  } catch (thrown) {
    if (!(thrown instanceof SandglassError)) throw thrown;
    throw badRequest(`error decoding patch: ${thrown.message}`);
  }
}

function applied(
  patchType: (typeof accepted)[number],
  { resource }: Scope,
  current: StoredObject,
  patch: Json,
): Json {
  const original = current as unknown as JsonObject;
  switch (patchType) {
    case patchTypes.json:
      return applyJsonPatch(original, patch);
    case patchTypes.merge:
      return mergePatch(original, patch);
    case patchTypes.strategic:
      return strategicMerge(original, patch, patchSchemaOf(resource.definition));
  }
}

/** What the patch made must still be an object of its kind (upstream: handlers/patch.go, applyPatchToCurrentObject). */
function check(
  scope: Scope,
  patchType: (typeof accepted)[number],
  patch: Json,
  result: Json,
  patchErrors: readonly string[],
  fieldValidation: FieldValidation,
): void {
  const refuse = (why: string): StatusError => {
    const shown = patchType === patchTypes.strategic ? goValueText(patch) : JSON.stringify(result);
    return invalid({ group: '', kind: '' }, '', [invalidValue(field('patch'), shown, why)]);
  };
  const problems = [...patchErrors, ...shapeErrors(scope, result, refuse)];
  if (problems.length === 0) return;
  if (fieldValidation === 'Strict') throw refuse(strictText(problems));
  if (fieldValidation === 'Warn') scope.warnings.push(...problems);
}

function shapeErrors(scope: Scope, result: Json, refuse: (why: string) => StatusError): string[] {
  try {
    return decodeValue(scope.resource.definition, result).strictErrors;
  } catch (thrown) {
    if (thrown instanceof SandglassError) throw refuse(thrown.message);
    throw thrown;
  }
}
