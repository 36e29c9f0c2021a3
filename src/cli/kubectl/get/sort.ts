import { tryParseQuantity } from '#kube/quantity.ts';
import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import { JsonPath } from '#cli/jsonpath/jsonpath.ts';
import { relaxedJsonPath } from '#cli/kubectl/printing/jsonpath-printer.ts';
import type { KubeObject } from '#kube/types.ts';
import { compareText } from '#cli/text/json.ts';

/** `--sort-by`: what has no such field comes first (kubectl, pkg/cmd/get/sorter.go). */
export function sortByField<T>(
  items: readonly T[],
  field: string,
  objectOf: (item: T) => KubeObject | null | undefined,
): T[] {
  const expression = relaxedOrAsIs(field);
  let path: JsonPath;
  try {
    path = new JsonPath(expression, { allowMissingKeys: true });
  } catch (error) {
    throw failure(`sorting error: ${asSandglassError(error).message}`);
  }
  const keyed = items.map((item) => ({ item, key: path.find(objectOf(item))[0]?.[0] }));
  if (keyed.length > 0 && keyed.every(({ key }) => key === undefined)) {
    throw failure(`couldn't find any field with path ${quote(expression)} in the list of objects`);
  }
  return keyed.sort((one, other) => compareKeys(one.key, other.key)).map(({ item }) => item);
}

function relaxedOrAsIs(field: string): string {
  try {
    return relaxedJsonPath(field);
  } catch {
    return field;
  }
}

function compareKeys(one: unknown, other: unknown): number {
  if (one === undefined || other === undefined) {
    return Number(one !== undefined) - Number(other !== undefined);
  }
  if (typeof one === 'string' && typeof other === 'string') {
    const [a, b] = [tryParseQuantity(one), tryParseQuantity(other)];
    return a && b ? a.compare(b) : compareText(one, other);
  }
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === typeof other && typeof one === 'boolean') return 0;
  throw failure(`unsortable type: ${typeof one}`);
}
