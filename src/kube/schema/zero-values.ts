import { definitionOf, type FieldSchema, type FieldType, type PlainType } from './definitions.ts';

/** What stands in for a field that is absent and yet always written. */
export function filler(field: FieldSchema): unknown {
  if (!field.isAlwaysWritten) return undefined;
  return field.isPointer ? undefined : zeroOf(field.type, field.name);
}

export function zeroOf(type: FieldType, field?: string): unknown {
  switch (type.kind) {
    case 'struct':
      return emptyStruct(type.name);
    case 'list':
      // A list's items are never null; of other lists Go would write null, which no reader needs.
      return field === 'items' || field === 'rows' ? [] : undefined;
    case 'map':
      return undefined;
    case 'plain':
      return zeroValues[type.type];
  }
}

const zeroValues: Readonly<Record<PlainType, unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  double: 0,
  bool: false,
  bytes: '',
  quantity: '0',
  time: null,
  microtime: null,
  intstr: 0,
  any: null,
};

function emptyStruct(name: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const field of definitionOf(name).fields.values()) {
    const value = filler(field);
    if (value !== undefined) result[field.name] = value;
  }
  return result;
}
