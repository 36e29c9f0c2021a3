import { isJsonObject, jsonEquals, type Json, type JsonObject } from '#kube/patch/json.ts';
import type { PatchField, PatchSchema } from '#kube/patch/patch-schema.ts';
import { failure } from '#cli/command/errors.ts';
import { compareText } from '#cli/text/json.ts';
import { goText } from '#cli/text/go-value.ts';

export interface DiffOptions {
  /** Tells what is gone. */
  deletions: boolean;
  /** Tells what is new or other. */
  changes: boolean;
}

type Schema = PatchSchema | undefined;

/** The strategic merge patch that makes one of the other (apimachinery, pkg/util/strategicpatch/patch.go, diffMaps). */
export function diffMaps(
  original: JsonObject,
  modified: JsonObject,
  schema: Schema,
  options: DiffOptions,
  retainKeys = false,
): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(modified)) {
    const before = original[key];
    if (before === undefined) {
      if (options.changes) patch[key] = value;
    } else if (isJsonObject(before) && isJsonObject(value)) {
      diffMapField(patch, key, before, value, schema?.field(key), options);
    } else if (Array.isArray(before) && Array.isArray(value)) {
      diffListField(patch, key, before, value, schema?.field(key), options);
    } else if (options.changes && !jsonEquals(before, value)) {
      patch[key] = value;
    }
  }
  const gone = Object.keys(original).filter((key) => modified[key] === undefined);
  if (options.deletions) for (const key of gone) patch[key] = null;
  const kept = Object.keys(modified).filter((key) => modified[key] !== null);
  if (retainKeys && kept.length > 0 && (Object.keys(patch).length > 0 || gone.length > 0)) {
    patch['$retainKeys'] = kept.sort(compareText);
  }
  return patch;
}

function diffMapField(
  patch: JsonObject,
  key: string,
  before: JsonObject,
  value: JsonObject,
  field: PatchField | undefined,
  options: DiffOptions,
): void {
  if (field?.replace) {
    if (options.changes) patch[key] = value;
    return;
  }
  const inner = diffMaps(before, value, field?.schema, options, field?.retainKeys);
  if (Object.keys(inner).length > 0) patch[key] = inner;
}

function diffListField(
  patch: JsonObject,
  key: string,
  before: Json[],
  value: Json[],
  field: PatchField | undefined,
  options: DiffOptions,
): void {
  if (!field?.merge) {
    if (options.changes && !jsonEquals(before, value)) patch[key] = value;
    return;
  }
  if (before.length === 0) {
    if (value.length > 0 && options.changes) patch[key] = value;
    return;
  }
  const isOfObjects = [...before, ...value].some(isJsonObject);
  if (isOfObjects) diffKeyedList(patch, key, before, value, field, options);
  else diffPlainList(patch, key, before, value, options);
}

function diffKeyedList(
  patch: JsonObject,
  key: string,
  before: readonly Json[],
  value: readonly Json[],
  field: PatchField,
  options: DiffOptions,
): void {
  const { mergeKey = '' } = field;
  const [originals, modifieds] = [before, value].map((list) => byKey(list, mergeKey));
  if (!originals || !modifieds) return;
  const changed: Json[] = [];
  for (const [id, element] of modifieds) {
    const original = originals.get(id);
    if (original === undefined) {
      if (options.changes) changed.push(element);
      continue;
    }
    const inner = diffMaps(original, element, field.schema, options, field.retainKeys);
    if (Object.keys(inner).length > 0) {
      changed.push({ ...inner, [mergeKey]: element[mergeKey] ?? null });
    }
  }
  const gone = [...originals].filter(([id]) => !modifieds.has(id));
  const deleted = options.deletions
    ? gone.map(([, element]) => ({ [mergeKey]: element[mergeKey] ?? null, $patch: 'delete' }))
    : [];
  const elements = [...changed, ...deleted];
  if (elements.length > 0) patch[key] = elements;
  const isSameOrder = [...originals.keys()].join('\0') === [...modifieds.keys()].join('\0');
  const isNeeded = elements.length > 0 || (options.changes && !isSameOrder);
  if (isNeeded && modifieds.size > 0) {
    const order = [...modifieds.values()].map((one) => ({ [mergeKey]: one[mergeKey] ?? null }));
    patch[`$setElementOrder/${key}`] = order;
  }
}

/** In the list's order. */
function byKey(list: readonly Json[], mergeKey: string): Map<string, JsonObject> {
  return new Map(
    list.map((element) => {
      const id = isJsonObject(element) ? element[mergeKey] : undefined;
      if (!isJsonObject(element) || id === undefined) {
        throw failure(`${goText(element)} does not contain declared merge key: ${mergeKey}`);
      }
      return [goText(id), element];
    }),
  );
}

function diffPlainList(
  patch: JsonObject,
  key: string,
  before: readonly Json[],
  value: Json[],
  options: DiffOptions,
): void {
  const lacks = (list: readonly Json[]) => (one: Json) =>
    !list.some((other) => goText(other) === goText(one));
  const added = options.changes ? value.filter(lacks(before)) : [];
  const deleted = options.deletions ? [...new Set(before.filter(lacks(value)))] : [];
  if (added.length > 0) patch[key] = added;
  if (deleted.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = deleted;
  if (deleted.length > 0 || (options.changes && !jsonEquals([...before], value))) {
    patch[`$setElementOrder/${key}`] = value;
  }
}
