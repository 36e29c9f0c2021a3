import { isJsonObject, jsonEquals, type Json, type JsonObject } from '#kube/patch/json.ts';
import type { PatchField, PatchSchema } from '#kube/patch/patch-schema.ts';

/** One strategic merge patch of two: of what is to go and of what is new, which never speak of the same value. */
export function mergePatches(
  deletions: JsonObject,
  delta: JsonObject,
  schema: PatchSchema | undefined,
): JsonObject {
  const merged: JsonObject = { ...deletions };
  for (const [key, value] of Object.entries(delta)) {
    const before = merged[key];
    const field = schema?.field(key);
    if (isJsonObject(before) && isJsonObject(value) && !field?.replace) {
      merged[key] = mergePatches(before, value, field?.schema);
    } else if (Array.isArray(before) && Array.isArray(value) && field?.merge) {
      const order = delta[`$setElementOrder/${key}`] ?? deletions[`$setElementOrder/${key}`];
      merged[key] = mergeElements(before, value, field, Array.isArray(order) ? order : []);
    } else {
      merged[key] = value;
    }
  }
  return merged;
}

function mergeElements(
  deletions: readonly Json[],
  delta: readonly Json[],
  { mergeKey, schema }: PatchField,
  order: readonly Json[],
): Json[] {
  const idOf = (element: Json) =>
    mergeKey !== undefined && isJsonObject(element) ? element[mergeKey] : element;
  const merged = [...deletions];
  for (const element of delta) {
    const at = merged.findIndex((one) => jsonEquals(idOf(one), idOf(element)));
    const before = merged[at];
    if (isJsonObject(before) && isJsonObject(element)) {
      merged[at] = mergePatches(before, element, schema);
    } else if (at < 0) {
      merged.push(element);
    }
  }
  const place = (element: Json) => {
    const at = order.findIndex((one) => jsonEquals(idOf(one), idOf(element)));
    return at < 0 ? order.length : at;
  };
  return merged.sort((one, other) => place(one) - place(other));
}
