import { SandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import { parseQuantity } from '#kube/quantity.ts';
import { formatMicroTime, formatTime, parseTime } from '#kube/time.ts';
import { brokenBase64At } from './base64.ts';
import { definitionOf, type FieldSchema, type FieldType, type PlainType } from './definitions.ts';
import { goTypes } from './go-types.ts';
import { filler, zeroOf } from './zero-values.ts';

export interface DecodedValue {
  object: Record<string, unknown>;
  /** What strict decoding refuses, such as `unknown field "spec.foo"`. */
  strictErrors: string[];
}

/** One thing that decoding has against a value, and where. */
export interface FieldProblem {
  /** With indices, such as `spec.containers[0].image`; keys of maps after a dot. */
  path: string;
  message: string;
  isUnknown: boolean;
}

/** Upstream keeps no more (sigs.k8s.io/json, saveStrictError). */
const maxStrictErrors = 100;

/**
 * A JSON value as Go would have it after decoding into the type and writing it again: unknown
 * fields dropped, quantities and times canonical, empty fields left out, fields that are always
 * written filled in. Throws `invalid-argument` with the message of Go's encoding/json for a wrong type.
 */
export function decodeValue(definition: string, value: unknown): DecodedValue {
  const decoder = new Decoder();
  const object = decoder.root(definition, value);
  return { object, strictErrors: decoder.strictErrors };
}

/** Everything that decoding has against the value, not only what Go reports first. Throws nothing. */
export function problemsOfValue(definition: string, value: unknown): FieldProblem[] {
  const decoder = new Decoder();
  try {
    decoder.root(definition, value);
  } catch (error) {
    if (!(error instanceof SandglassError)) throw error;
    // The first wrong type is thrown at the end as well.
    const isKnown = decoder.problems.some(({ message }) => message === error.message);
    if (!isKnown) decoder.note(error.message);
  }
  return decoder.problems;
}

/** Where the decoder is, for messages: Go names the innermost struct and the fields on the way, without indices. */
interface Place {
  struct: string;
  goPath: string;
  /** With indices, for unknown fields. */
  path: string;
  /** Go's name of the field's own type, where it is not the plain one. */
  named: string | undefined;
}

class Decoder {
  readonly strictErrors: string[] = [];
  readonly problems: FieldProblem[] = [];
  /** The field that is being decoded. */
  #at = '';
  /** Go goes on after a value of a wrong type, and reports the first at the end. */
  #typeError: SandglassError | undefined;

  /** Keeps what is wrong with the field that is being decoded. */
  note(message: string): void {
    this.problems.push({ path: this.#at, message, isUnknown: false });
  }

  root(definition: string, value: unknown): Record<string, unknown> {
    if (!isObject(value)) {
      const type = `v1.${definitionOf(definition).goName}`;
      throw wrong(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`);
    }
    const object = this.#struct(definition, value, '', '');
    if (this.#typeError) throw this.#typeError;
    return object;
  }

  #struct(
    name: string,
    value: Readonly<Record<string, unknown>>,
    path: string,
    goPath: string,
  ): Record<string, unknown> {
    const { fields, goName } = definitionOf(name);
    for (const key of Object.keys(value)) {
      if (!fields.has(key)) this.#unknown(join(path, key));
    }
    const result: Record<string, unknown> = {};
    for (const field of fields.values()) {
      const place = {
        struct: goName,
        goPath: join(goPath, field.name),
        path: join(path, field.name),
        named: goTypes[name === 'EphemeralContainer' ? 'Container' : name]?.[field.name],
      };
      const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
      const decoded =
        given === undefined || given === null ? undefined : this.#value(field.type, given, place);
      const kept = decoded !== undefined && !isLeftOut(field, decoded) ? decoded : filler(field);
      if (kept !== undefined) result[field.name] = kept;
    }
    return result;
  }

  #value(type: FieldType, value: unknown, place: Place): unknown {
    this.#at = place.path;
    switch (type.kind) {
      case 'plain':
        return this.#plain(type.type, value, place);
      case 'struct':
        if (!isObject(value)) return this.#mismatch(value, type, place);
        return this.#struct(type.name, value, place.path, place.goPath);
      case 'list': {
        if (!Array.isArray(value)) return this.#mismatch(value, type, place);
        const inner = { ...place, named: place.named?.replace(/^\[\]/, '') };
        return value.map((element: unknown, index) => {
          const at = { ...inner, path: `${place.path}[${index}]` };
          // A null element is the type's zero, as in Go.
          return element === null ? zeroOf(type.of) : (this.#value(type.of, element, at) ?? null);
        });
      }
      case 'map': {
        if (!isObject(value)) return this.#mismatch(value, type, place);
        const inner = { ...place, named: undefined };
        return Object.fromEntries(
          Object.entries(value).map(([key, element]) => [
            key,
            element === null
              ? zeroOf(type.of)
              : this.#value(type.of, element, { ...inner, path: join(place.path, key) }),
          ]),
        );
      }
    }
  }

  #plain(type: PlainType, value: unknown, place: Place): unknown {
    switch (type) {
      case 'string':
      case 'bool':
      case 'int32':
      case 'int64':
      case 'double':
        if (isOfType(value, type)) return value;
        return this.#mismatch(value, { kind: 'plain', type }, place);
      case 'bytes':
        return this.#bytes(value, place);
      case 'quantity':
        return quantity(value);
      case 'time':
      case 'microtime':
        return this.#time(type, value, place);
      case 'intstr':
        if (isOfType(value, 'string') || isOfType(value, 'int32')) return value;
        throw typeError(value, 'int32', place);
      case 'any':
        return value;
    }
  }

  #bytes(value: unknown, place: Place): unknown {
    if (typeof value !== 'string') {
      this.#mismatch(value, { kind: 'plain', type: 'bytes' }, place);
      return;
    }
    const text = value.replaceAll(/[\r\n]/g, '');
    const broken = brokenBase64At(text);
    if (broken === undefined) return text;
    this.#wrongType(wrong(`illegal base64 data at input byte ${broken}`));
    return undefined;
  }

  #time(type: 'time' | 'microtime', value: unknown, place: Place): string {
    if (typeof value !== 'string') throw typeError(value, 'string', place);
    const milliseconds = parseTime(value);
    if (milliseconds === undefined) {
      const layout =
        type === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
      throw wrong(
        `parsing time ${quote(value)} as ${quote(layout)}: cannot parse ${quote(value)} as "2006"`,
      );
    }
    return type === 'time' ? formatTime(milliseconds) : formatMicroTime(milliseconds);
  }

  #mismatch(value: unknown, type: FieldType, place: Place): unknown {
    this.#wrongType(typeError(value, place.named ? goNamed(place.named) : goType(type), place));
    return undefined;
  }

  #wrongType(error: SandglassError): void {
    this.#typeError ??= error;
    this.note(error.message);
  }

  #unknown(path: string): void {
    const message = `unknown field ${quote(path)}`;
    this.problems.push({ path, message, isUnknown: true });
    if (this.strictErrors.length < maxStrictErrors) this.strictErrors.push(message);
  }
}

function quantity(value: unknown): string {
  // Upstream parses the JSON text as it stands, so a number counts as what is written.
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  return parseQuantity(text).toString();
}

function typeError(value: unknown, type: string, place: Place): SandglassError {
  const isNumeric = typeof value === 'number' && /^(int|uint)\d+$/.test(type);
  const kind = isNumeric ? `number ${JSON.stringify(value)}` : jsonKind(value);
  return wrong(
    `json: cannot unmarshal ${kind} into Go struct field ${place.struct}.${place.goPath} of type ${type}`,
  );
}

function goNamed(named: string): string {
  const [, list = '', name = ''] = /^(\[\])?(.*)$/.exec(named) ?? [];
  return `${list}v1.${name}`;
}

function goType(type: FieldType): string {
  switch (type.kind) {
    case 'list':
      return `[]${goType(type.of)}`;
    case 'map':
      return `map[string]${goType(type.of)}`;
    case 'struct':
      return `v1.${definitionOf(type.name).goName}`;
    case 'plain':
      return goPlainTypes[type.type];
  }
}

const goPlainTypes: Readonly<Record<PlainType, string>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bool: 'bool',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  time: 'v1.Time',
  microtime: 'v1.MicroTime',
  intstr: 'intstr.IntOrString',
  any: 'interface {}',
};

function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

/** Go's omitempty: zero values of plain types, empty lists and maps; never a struct or a pointer. */
function isLeftOut(field: FieldSchema, value: unknown): boolean {
  if (field.isPointer) return false;
  if (Array.isArray(value)) return value.length === 0 && !field.isAlwaysWritten;
  if (field.type.kind === 'map') {
    return Object.keys(value as object).length === 0 && !field.isAlwaysWritten;
  }
  return value === '' || value === 0 || value === false;
}

function isOfType(value: unknown, type: 'string' | 'bool' | 'int32' | 'int64' | 'double'): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'double':
      return typeof value === 'number';
    case 'int32':
    case 'int64': {
      const limit = type === 'int32' ? 2 ** 31 : 2 ** 63;
      return (
        typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit
      );
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function wrong(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}
