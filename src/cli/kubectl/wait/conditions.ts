import { isObject } from '#cli/text/json.ts';
import { goText } from '#cli/text/go-value.ts';
import { quote } from '#kube/go-text.ts';
import { failure } from '#cli/command/errors.ts';
import { JsonPath } from '#cli/jsonpath/jsonpath.ts';
import type { AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { relaxedJsonPath } from '#cli/kubectl/printing/jsonpath-printer.ts';

export type Condition =
  | { type: 'create' }
  | { type: 'delete' }
  | { type: 'state'; holds: (object: AnyObject) => boolean };

/** Of `--for` (kubectl, pkg/cmd/wait/wait.go, conditionFuncsFor). */
export function parseConditions(texts: readonly string[]): Condition[] {
  if (texts.length === 0) throw failure('unrecognized condition: []');
  return texts.map(parseCondition);
}

function parseCondition(text: string): Condition {
  const lower = text.toLowerCase();
  if (lower === 'delete' || lower === 'create') return { type: lower };
  if (text.startsWith('condition=')) {
    const [name = '', ...rest] = text.slice('condition='.length).split('=');
    const status = rest.length === 0 ? 'true' : rest.join('=');
    return { type: 'state', holds: (object) => hasCondition(object, name, status) };
  }
  if (text.startsWith('jsonpath=')) return pathCondition(text.slice('jsonpath='.length));
  throw failure(`unrecognized condition: ${quote(text)}`);
}

function hasCondition(object: AnyObject, name: string, status: string): boolean {
  const state = object['status'];
  const conditions = isObject(state) ? state['conditions'] : undefined;
  if (!Array.isArray(conditions)) return false;
  const sameText = (one: unknown, other: string) =>
    typeof one === 'string' && one.toLowerCase() === other.toLowerCase();
  const found = conditions.filter(isObject).find(({ type }) => sameText(type, name));
  if (!found) return false;
  const { generation } = object.metadata ?? {};
  const observed =
    found['observedGeneration'] ?? (isObject(state) ? state['observedGeneration'] : undefined);
  if (generation !== undefined && typeof observed === 'number' && observed < generation) {
    return false;
  }
  return sameText(found['status'], status);
}

function pathCondition(input: string): Condition {
  const parts = splitOnSingleEquals(input);
  if (parts.length > 2) {
    throw failure(
      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
    );
  }
  const [expression = '', wanted] = parts;
  const template = relaxedJsonPath(expression);
  if (template === '') throw failure('jsonpath expression cannot be empty');
  const path = new JsonPath(template, { allowMissingKeys: true });
  const value = wanted?.replaceAll(/^['"]+|['"]+$/g, '');
  if (value === '') {
    throw failure(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    );
  }
  return { type: 'state', holds: (object) => matchesPath(object, path, value) };
}

function matchesPath(object: AnyObject, path: JsonPath, value: string | undefined): boolean {
  const results = path.find(object);
  const [first = []] = results;
  if (first.length === 0) return false;
  if (results.length > 1) throw failure('given jsonpath expression matches more than one list');
  if (first.length > 1) throw failure('given jsonpath expression matches more than one value');
  if (value === undefined) return true;
  const [found] = first;
  if (typeof found === 'object' && found !== null) {
    throw failure('jsonpath leads to a nested object or list which is not supported');
  }
  return goText(found).trim() === value.trim();
}

/** `==` belongs to the expression. */
function splitOnSingleEquals(input: string): string[] {
  return input.split(/(?<!=)=(?!=)/);
}
