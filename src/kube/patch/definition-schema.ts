import { definitionOf, hasDefinition, type FieldType } from '#kube/schema/definitions.ts';
import { listFactsOf } from '#kube/schema/field-facts.ts';
import type { PatchField, PatchSchema } from './patch-schema.ts';

const schemas = new Map<string, PatchSchema>();

/** What strategic merge patch knows of a type of the API. */
export function patchSchemaOf(definition: string): PatchSchema {
  let schema = schemas.get(definition);
  if (!schema) {
    schema = build(definition);
    schemas.set(definition, schema);
  }
  return schema;
}

function build(definition: string): PatchSchema {
  const { goName, fields } = definitionOf(definition);
  return {
    name: goName,
    field(name): PatchField | undefined {
      const found = fields.get(name);
      if (!found) return undefined;
      const facts = listFactsOf(definition, name);
      return {
        merge: facts?.strategy?.split(',').includes('merge') ?? false,
        mergeKey: facts?.mergeKey,
        replace: false,
        retainKeys: facts?.strategy?.split(',').includes('retainKeys') ?? false,
        schema: schemaOfType(found.type),
      };
    },
  };
}

function schemaOfType(type: FieldType): PatchSchema | undefined {
  switch (type.kind) {
    case 'plain':
      return undefined;
    case 'struct':
      return hasDefinition(type.name) ? patchSchemaOf(type.name) : undefined;
    case 'list':
    case 'map':
      return schemaOfType(type.of);
  }
}
