import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Document } from './documents.ts';

type Json = Readonly<Record<string, unknown>>;
type Write = (writer: BinaryWriter, value: Json) => void;

/**
 * An OpenAPI v2 document in gnostic's protobuf form, which client-go asks for. Message and field
 * numbers: google/gnostic, openapiv2/OpenAPIv2.proto; only what our documents hold is written.
 */
export function encodeSwagger(document: Document): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  text(writer, 1, document['swagger']);
  message(writer, 2, document['info'] as Json, (info, value) => {
    text(info, 1, value['title']);
    text(info, 2, value['version']);
  });
  message(writer, 8, document['paths'] as Json, (paths, value) => {
    named(paths, 2, value, writePathItem);
  });
  message(writer, 9, document['definitions'] as Json, (definitions, value) => {
    named(definitions, 1, value, writeSchema);
  });
  return new Uint8Array(writer.finish());
}

function message(writer: BinaryWriter, field: number, value: Json, write: Write): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer, value);
  writer.join();
}

/** Gnostic's maps: messages of a name and a value, in the document's order. */
function named(writer: BinaryWriter, field: number, entries: Json, write: Write): void {
  for (const [name, value] of Object.entries(entries)) {
    message(writer, field, value as Json, (entry) => {
      text(entry, 1, name);
      message(entry, 2, value as Json, write);
    });
  }
}

function text(writer: BinaryWriter, field: number, value: unknown): void {
  if (typeof value === 'string' && value !== '') {
    writer.tag(field, WireType.LengthDelimited).string(value);
  }
}

function texts(writer: BinaryWriter, field: number, values: unknown): void {
  for (const value of Array.isArray(values) ? (values as string[]) : []) {
    writer.tag(field, WireType.LengthDelimited).string(value);
  }
}

function flag(writer: BinaryWriter, field: number, value: unknown): void {
  if (value === true) writer.tag(field, WireType.Varint).bool(true);
}

/** Gnostic's Any: the value as YAML, of which JSON is a part. */
function any(writer: BinaryWriter, field: number, value: unknown): void {
  message(writer, field, {}, (inner) => text(inner, 2, `${JSON.stringify(value)}\n`));
}

function vendorExtensions(writer: BinaryWriter, field: number, value: Json): void {
  for (const [name, extension] of Object.entries(value)) {
    if (!name.startsWith('x-')) continue;
    message(writer, field, {}, (entry) => {
      text(entry, 1, name);
      any(entry, 2, extension);
    });
  }
}

const methodFields = { get: 2, put: 3, post: 4, delete: 5, patch: 8 } as const;

function writePathItem(writer: BinaryWriter, item: Json): void {
  for (const [method, field] of Object.entries(methodFields)) {
    const operation = item[method];
    if (operation !== undefined) message(writer, field, operation as Json, writeOperation);
  }
  for (const parameter of item['parameters'] as Json[]) writeParameter(writer, 9, parameter);
}

function writeOperation(writer: BinaryWriter, operation: Json): void {
  texts(writer, 1, operation['tags']);
  text(writer, 3, operation['description']);
  text(writer, 5, operation['operationId']);
  texts(writer, 6, operation['produces']);
  texts(writer, 7, operation['consumes']);
  for (const parameter of operation['parameters'] as Json[]) writeParameter(writer, 8, parameter);
  message(writer, 9, operation['responses'] as Json, (responses, value) => {
    named(responses, 1, value, writeResponseValue);
  });
  texts(writer, 10, operation['schemes']);
  vendorExtensions(writer, 13, operation);
}

/** ResponseValue › Response › SchemaItem › Schema. */
function writeResponseValue(writer: BinaryWriter, response: Json): void {
  message(writer, 1, response, (inner, value) => {
    text(inner, 1, value['description']);
    message(inner, 2, value['schema'] as Json, (item, schema) => {
      message(item, 1, schema, writeSchema);
    });
  });
}

/** ParametersItem › Parameter › BodyParameter, or NonBodyParameter › one of its kinds. */
function writeParameter(writer: BinaryWriter, field: number, parameter: Json): void {
  message(writer, field, parameter, (item) => {
    message(item, 1, parameter, (inner) => {
      if (parameter['in'] === 'body') message(inner, 1, parameter, writeBodyParameter);
      else message(inner, 2, parameter, writeNonBodyParameter);
    });
  });
}

function writeBodyParameter(writer: BinaryWriter, parameter: Json): void {
  text(writer, 2, parameter['name']);
  text(writer, 3, parameter['in']);
  flag(writer, 4, parameter['required']);
  message(writer, 5, parameter['schema'] as Json, writeSchema);
}

function writeNonBodyParameter(writer: BinaryWriter, parameter: Json): void {
  const isQuery = parameter['in'] === 'query';
  message(writer, isQuery ? 3 : 4, parameter, (inner) => {
    flag(inner, 1, parameter['required']);
    text(inner, 2, parameter['in']);
    text(inner, 3, parameter['description']);
    text(inner, 4, parameter['name']);
    text(inner, isQuery ? 6 : 5, parameter['type']);
    flag(inner, isQuery ? 20 : 19, parameter['uniqueItems']);
  });
}

function writeSchema(writer: BinaryWriter, schema: Json): void {
  text(writer, 1, schema['$ref']);
  text(writer, 2, schema['format']);
  text(writer, 4, schema['description']);
  texts(writer, 19, schema['required']);
  for (const value of (schema['enum'] as unknown[] | undefined) ?? []) any(writer, 20, value);
  const { additionalProperties, items, properties, type } = schema as {
    additionalProperties?: Json;
    items?: Json;
    properties?: Json;
    type?: string;
  };
  if (additionalProperties) {
    message(writer, 21, additionalProperties, (item, value) => {
      message(item, 1, value, writeSchema);
    });
  }
  if (type !== undefined) message(writer, 22, {}, (item) => text(item, 1, type));
  if (items) {
    message(writer, 23, items, (item, value) => {
      message(item, 1, value, writeSchema);
    });
  }
  if (properties) {
    message(writer, 25, properties, (inner, value) => {
      named(inner, 1, value, writeSchema);
    });
  }
  vendorExtensions(writer, 31, schema);
}
