import { isJsonObject, jsonEquals, type Json, type JsonObject } from '#kube/patch/json.ts';
import type { PatchSchema } from '#kube/patch/patch-schema.ts';
import { diffMaps } from './strategic-diff.ts';
import { mergePatches } from './merge-patches.ts';

export interface ThreeWay {
  /** What was applied last. */
  original: JsonObject;
  /** What is applied now. */
  modified: JsonObject;
  /** What the server has. */
  current: JsonObject;
}

/**
 * A strategic merge patch: what is new or changed since the server's state, and what was applied last and
 * is applied no more (apimachinery, pkg/util/strategicpatch/patch.go, CreateThreeWayMergePatch).
 */
export function threeWayStrategicPatch(
  { original, modified, current }: ThreeWay,
  schema: PatchSchema,
): JsonObject {
  const delta = diffMaps(current, modified, schema, { deletions: false, changes: true });
  const deletions = diffMaps(original, modified, schema, { deletions: true, changes: false });
  return mergePatches(deletions, delta, schema);
}

/** The same as a JSON merge patch, for kinds without a schema (pkg/util/jsonmergepatch). */
export function threeWayMergePatch({ original, modified, current }: ThreeWay): JsonObject {
  const additions = keep(difference(current, modified), (value) => value !== null);
  const deletions = keep(difference(original, modified), (value) => value === null);
  const merged = mergeKeepingNulls(deletions, additions);
  return isJsonObject(merged) ? merged : {};
}

function mergeKeepingNulls(base: Json, patch: Json): Json {
  if (!isJsonObject(base) || !isJsonObject(patch)) return patch;
  const result: JsonObject = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const before = result[key];
    result[key] = before === undefined ? value : mergeKeepingNulls(before, value);
  }
  return result;
}

/** The JSON merge patch that makes one of the other (RFC 7386). */
export function difference(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(to)) {
    const before = from[key];
    if (before === undefined || !jsonEquals(before, value)) {
      patch[key] = isJsonObject(before) && isJsonObject(value) ? difference(before, value) : value;
    }
  }
  for (const key of Object.keys(from)) if (to[key] === undefined) patch[key] = null;
  return patch;
}

/** Only the members of which the test holds, objects searched through. */
function keep(patch: JsonObject, test: (value: Json) => boolean): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (isJsonObject(value)) {
      const inner = keep(value, test);
      if (Object.keys(inner).length > 0) kept[key] = inner;
    } else if (test(value)) {
      kept[key] = value;
    }
  }
  return kept;
}
