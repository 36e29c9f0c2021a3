import { SandglassError } from '#base/errors.ts';
import { badRequest } from '#kube/status.ts';
import { indexIn, orderElements } from './element-order.ts';
import { goValueText, isJsonObject, jsonEquals, type Json, type JsonObject } from './json.ts';
import type { PatchField, PatchSchema } from './patch-schema.ts';

const directiveKey = '$patch';
const retainKeysKey = '$retainKeys';
const deletePrefix = '$deleteFromPrimitiveList/';
const orderPrefix = '$setElementOrder/';

const badDocument = 'invalid JSON document';
const badPrimitiveList = 'invalid patch format of primitive list';
const badRetainKeys = 'invalid patch format of retainKeys';
const badElementOrder = 'invalid patch format of setElementOrder list';

/**
 * Strategic merge patch, after apimachinery's pkg/util/strategicpatch/patch.go. Changes neither of
 * its arguments.
 */
export function strategicMerge(original: JsonObject, patch: Json, schema: PatchSchema): JsonObject {
  if (!isJsonObject(patch)) throw badRequest(badDocument);
  return mergeMap(original, patch, schema);
}

function mergeMap(
  original: JsonObject,
  patch: JsonObject,
  schema: PatchSchema | undefined,
): JsonObject {
  if (patch[directiveKey] !== undefined) return applyMapDirective(patch);
  const result = retainKeys(original, patch);
  const ordered = mergeOrderedLists(result, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeysKey || key.startsWith(orderPrefix) || ordered.has(key)) continue;
    if (key.startsWith(deletePrefix)) {
      deleteFromList(result, key.slice(deletePrefix.length), value);
    } else {
      mergeMember(result, key, value, schema?.field(key));
    }
  }
  return result;
}

function mergeMember(
  result: JsonObject,
  key: string,
  value: Json,
  field: PatchField | undefined,
): void {
  const current = result[key];
  if (value === null) {
    Reflect.deleteProperty(result, key);
  } else if (isJsonObject(value) && isJsonObject(current)) {
    result[key] = field?.replace ? value : mergeMap(current, value, field?.schema);
  } else if (Array.isArray(value) && Array.isArray(current)) {
    result[key] = field?.merge ? mergeList(current, value, field) : value;
  } else {
    const clean = withoutDirectives(value);
    if (clean === undefined) Reflect.deleteProperty(result, key);
    else result[key] = clean;
  }
}

/** `$patch: replace` puts the patch in place of the map, `$patch: delete` leaves nothing. */
function applyMapDirective(patch: JsonObject): JsonObject {
  const { [directiveKey]: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw unknownDirective(directive, rest);
}

function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const retained = patch[retainKeysKey];
  if (retained === undefined) return { ...original };
  if (!Array.isArray(retained)) throw badRequest(badRetainKeys);
  const isRetained = (key: string) => retained.includes(key);
  for (const [key, value] of Object.entries(patch)) {
    const isDirective =
      key === retainKeysKey || key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
    if (!isDirective && value !== null && !isRetained(key)) throw badRequest(badRetainKeys);
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => isRetained(key)));
}

/** Handles the lists for which the patch gives an order; answers their names. */
function mergeOrderedLists(
  result: JsonObject,
  patch: JsonObject,
  schema: PatchSchema | undefined,
): ReadonlySet<string> {
  const handled = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(orderPrefix)) continue;
    const key = directive.slice(orderPrefix.length);
    const current = result[key];
    const wanted = patch[key];
    if (!Array.isArray(order)) throw badRequest(badElementOrder);
    if (!isListOrAbsent(current) || !isListOrAbsent(wanted)) throw badRequest(badElementOrder);
    if (!current && !wanted) continue;
    const field = schema?.field(key);
    checkOrder(wanted ?? [], order, field?.mergeKey);
    const merged = mergeUnderOrder(current, wanted, field);
    result[key] = orderElements(merged, order, current ?? [], field?.mergeKey);
    handled.add(key);
  }
  return handled;
}

function mergeUnderOrder(
  current: Json[] | undefined,
  wanted: Json[] | undefined,
  field: PatchField | undefined,
): Json[] {
  if (!wanted) return current ?? [];
  if (!current) return cleanList(wanted);
  return field?.merge ? mergeList(current, wanted, field) : wanted;
}

/** The patch's elements must come in the order's order, and all of them in it. */
function checkOrder(
  elements: readonly Json[],
  order: readonly Json[],
  mergeKey: string | undefined,
): void {
  let at = 0;
  for (const element of elements) {
    if (isJsonObject(element) && element[directiveKey] !== undefined) continue;
    const found = indexIn(order.slice(at), element, mergeKey);
    if (found < 0) {
      throw new SandglassError(
        'internal',
        `The order in patch list:\n${goValueText([...elements])}\n doesn't match $setElementOrder list:\n${goValueText([...order])}\n`,
      );
    }
    at += found + 1;
  }
}

function deleteFromList(result: JsonObject, key: string, values: Json): void {
  if (!Array.isArray(values)) throw badRequest(badPrimitiveList);
  const current = result[key];
  if (!Array.isArray(current)) return;
  result[key] = current.filter((one) => !values.some((value) => jsonEquals(value, one)));
}

function mergeList(current: Json[], patch: Json[], field: PatchField): Json[] {
  if (current.length === 0 && patch.length === 0) return current;
  const holdsObjects = [...current, ...patch].some(isJsonObject);
  if (!holdsObjects) {
    const merged = [...current, ...patch].filter(
      (value, at, all) => all.findIndex((one) => jsonEquals(one, value)) === at,
    );
    return orderElements(merged, patch, current, undefined);
  }
  const { mergeKey } = field;
  if (mergeKey === undefined) {
    throw new SandglassError(
      'internal',
      `cannot merge lists without merge key for ${field.schema?.name ?? ''}`,
    );
  }
  const { base, additions } = applyListDirectives(current, patch, mergeKey);
  const merged = mergeByKey(base, additions, mergeKey, field.schema);
  return orderElements(merged, additions, base, mergeKey);
}

/** Elements marked `$patch: delete` take theirs away; one `$patch: replace` leaves only the patch. */
function applyListDirectives(
  current: readonly Json[],
  patch: readonly Json[],
  mergeKey: string,
): { base: Json[]; additions: Json[] } {
  let base = [...current];
  let replaces = false;
  const additions: Json[] = [];
  for (const element of patch) {
    const directive = isJsonObject(element) ? element[directiveKey] : undefined;
    if (directive === undefined || !isJsonObject(element)) {
      additions.push(element);
    } else if (directive === 'replace') {
      replaces = true;
    } else if (directive === 'delete') {
      const wanted = requireKey(element, mergeKey);
      base = base.filter((one) => !isJsonObject(one) || !jsonEquals(one[mergeKey], wanted));
    } else if (directive === 'merge') {
      throw new SandglassError('internal', 'merging lists cannot yet be specified in the patch');
    } else {
      throw unknownDirective(directive, element);
    }
  }
  return replaces ? { base: additions, additions: [] } : { base, additions };
}

function mergeByKey(
  base: readonly Json[],
  additions: readonly Json[],
  mergeKey: string,
  schema: PatchSchema | undefined,
): Json[] {
  const merged = [...base];
  for (const addition of additions) {
    if (!isJsonObject(addition)) throw badRequest(badDocument);
    const wanted = requireKey(addition, mergeKey);
    const at = merged.findIndex((one) => isJsonObject(one) && jsonEquals(one[mergeKey], wanted));
    const current = merged[at];
    if (isJsonObject(current)) merged[at] = mergeMap(current, addition, schema);
    else merged.push(withoutDirectives(addition) ?? {});
  }
  return merged;
}

/** What a patch adds anew, its directives and nulls taken out; `undefined` where it marks itself deleted. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return cleanList(value);
  if (!isJsonObject(value)) return value;
  if (value[directiveKey] !== undefined) return undefined;
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const isDirective =
      key === retainKeysKey || key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
    const clean = isDirective || member === null ? undefined : withoutDirectives(member);
    if (clean !== undefined) result[key] = clean;
  }
  return result;
}

function cleanList(list: readonly Json[]): Json[] {
  return list.map(withoutDirectives).filter((one) => one !== undefined);
}

function requireKey(element: JsonObject, mergeKey: string): Json {
  const value = element[mergeKey];
  if (value === undefined) {
    throw new SandglassError(
      'internal',
      `map: ${goValueText(element)} does not contain declared merge key: ${mergeKey}`,
    );
  }
  return value;
}

function isListOrAbsent(value: Json | undefined): value is Json[] | undefined {
  return value === undefined || value === null || Array.isArray(value);
}

function unknownDirective(directive: Json | undefined, map: JsonObject): SandglassError {
  return new SandglassError(
    'internal',
    `unknown patch type: ${goValueText(directive)} in map: ${goValueText(map)}`,
  );
}
