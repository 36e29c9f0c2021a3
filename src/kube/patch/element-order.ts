import { isJsonObject, jsonEquals, type Json } from './json.ts';

/** What tells a list's elements apart: the merge key's value of objects, else the element itself. */
export function identity(
  element: Json | undefined,
  mergeKey: string | undefined,
): Json | undefined {
  return mergeKey !== undefined && isJsonObject(element) ? element[mergeKey] : element;
}

export function indexIn(
  list: readonly Json[],
  element: Json,
  mergeKey: string | undefined,
): number {
  const wanted = identity(element, mergeKey);
  return list.findIndex((one) => jsonEquals(identity(one, mergeKey), wanted));
}

/**
 * Puts a merged list into order: elements that the patch names stand as the patch has them, those
 * only the server has keep the server's order, and are woven in where they stood
 * (apimachinery, pkg/util/strategicpatch/patch.go, normalizeElementOrder).
 */
export function orderElements(
  merged: readonly Json[],
  patchOrder: readonly Json[],
  serverOrder: readonly Json[],
  mergeKey: string | undefined,
): Json[] {
  const inPatch = (element: Json) => indexIn(patchOrder, element, mergeKey) >= 0;
  const fromPatch = sortBy(merged.filter(inPatch), patchOrder, mergeKey);
  const serverOnly = sortBy(
    merged.filter((element) => !inPatch(element)),
    serverOrder,
    mergeKey,
  );
  return weave(serverOnly, fromPatch, serverOrder, mergeKey);
}

/** Elements that the order does not name stay behind those it does. */
function sortBy(
  elements: readonly Json[],
  order: readonly Json[],
  mergeKey: string | undefined,
): Json[] {
  const place = (element: Json) => {
    const at = indexIn(order, element, mergeKey);
    return at < 0 ? order.length : at;
  };
  return [...elements].sort((one, other) => place(one) - place(other));
}

function weave(
  left: readonly Json[],
  right: readonly Json[],
  serverOrder: readonly Json[],
  mergeKey: string | undefined,
): Json[] {
  const result: Json[] = [];
  let at = 0;
  for (const element of right) {
    const limit = indexIn(serverOrder, element, mergeKey);
    for (let next = left[at]; next !== undefined; next = left[at]) {
      const place = indexIn(serverOrder, next, mergeKey);
      if (place < 0 || limit < 0 || place >= limit) break;
      result.push(next);
      at++;
    }
    result.push(element);
  }
  return [...result, ...left.slice(at)];
}
