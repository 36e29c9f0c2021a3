/**
 * An object without the fields at some paths, as messages write them (`spec.containers[0].image`). Undefined where one is
 * no field of an object: an element of a list cannot go without the others taking its place.
 */
export function withoutPaths<T extends object>(object: T, paths: readonly string[]): T | undefined {
  const copy = structuredClone(object);
  return paths.every((path) => remove(copy, path)) ? copy : undefined;
}

/** Whether a field is at one of the paths, or within what is there. */
export function isWithin(field: string, paths: readonly string[]): boolean {
  return paths.some(
    (path) => field === path || (/^[.[]/.test(field.slice(path.length)) && field.startsWith(path)),
  );
}

function remove(root: object, path: string): boolean {
  const steps = [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, index, key]) => key ?? Number(index),
  );
  const last = steps.pop();
  let inner: unknown = root;
  for (const step of steps) {
    if (typeof inner !== 'object' || inner === null) return false;
    inner = (inner as Record<string | number, unknown>)[step];
  }
  if (typeof last !== 'string' || typeof inner !== 'object' || inner === null) return false;
  if (!Object.hasOwn(inner, last)) return false;
  return Reflect.deleteProperty(inner, last);
}
