import { definitionOf, type FieldType } from '#kube/schema/definitions.ts';
import { fieldNumbers } from '#kube/protobuf/field-numbers.ts';
import { isObject, sortedEntries } from '#cli/text/json.ts';

/**
 * The object with its members in the order of Go's structs: upstream prints and keeps what it makes
 * itself, out of options, in that order, and all that it has read in that of the alphabet.
 */
export function inGoOrder<T extends object>(definition: string, object: T): T {
  const { kind, apiVersion, ...rest } = object as Record<string, unknown>;
  return { kind, apiVersion, ...(ordered(definition, rest) as object) } as T;
}

function ordered(definition: string, value: unknown): unknown {
  const numbers = fieldNumbers[definition];
  if (numbers === undefined || !isObject(value)) return value;
  const { fields } = definitionOf(definition);
  const result: Record<string, unknown> = {};
  for (const entry of numbers.split(' ')) {
    const name = entry.slice(0, entry.indexOf('='));
    const type = fields.get(name)?.type;
    if (type && value[name] !== undefined) result[name] = orderedAs(type, value[name]);
  }
  return result;
}

function orderedAs(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case 'struct':
      return ordered(type.name, value);
    case 'list':
      return Array.isArray(value) ? value.map((one) => orderedAs(type.of, one)) : value;
    case 'map':
      return isObject(value) ? Object.fromEntries(sortedEntries(value)) : value;
    case 'plain':
      return value;
  }
}
