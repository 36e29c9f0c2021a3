import { SandglassError } from '#base/errors.ts';
import { apiVersionOf, parseApiVersion, resourceByKind, type Resource } from '#kube/resources.ts';
import { quote } from '#kube/go-text.ts';
import { badRequest } from '#kube/status.ts';
import type { KubeObject } from '#kube/types.ts';
import { decodeValue } from './decode-value.ts';
import { parseJson } from './json-text.ts';
import { parseYaml, type ParsedBody } from './yaml-text.ts';

export {
  decodeValue,
  problemsOfValue,
  type DecodedValue,
  type FieldProblem,
} from './decode-value.ts';
export { parseJson, type ParsedJson } from './json-text.ts';
export { parseYaml, parseYamlDocuments, type ParsedBody } from './yaml-text.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface Decoded<T> {
  object: T;
  /** For the answer's Warning headers. */
  warnings: string[];
}

/** Of a request or a file. Throws `invalid-argument` with the parser's message. */
export function parseBody(text: string, format: 'json' | 'yaml' = 'json'): ParsedBody {
  if (format === 'yaml') return parseYaml(text);
  const { value, duplicates } = parseJson(text);
  return {
    value,
    strictErrors: [...new Set(duplicates)].map((path) => `duplicate field ${quote(path)}`),
  };
}

/**
 * An object of the resource out of a request's body, as the API server reads it. Throws the Status
 * that upstream answers with (apiserver, endpoints/handlers/create.go and rest.go, transformDecodeError).
 */
export function decode<T extends KubeObject>(
  resource: Resource<T>,
  text: string,
  fieldValidation: FieldValidation = 'Warn',
  format: 'json' | 'yaml' = 'json',
): Decoded<T> {
  const target = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    definition: resource.definition,
  };
  return decodeAs<T>(target, text, fieldValidation, format);
}

/** What a body is to be, where it is no resource of its own, such as a Binding or DeleteOptions. */
export interface DecodeTarget {
  apiVersion: string;
  kind: string;
  definition: string;
}

export function decodeAs<T extends KubeObject>(
  target: DecodeTarget,
  text: string,
  fieldValidation: FieldValidation = 'Warn',
  format: 'json' | 'yaml' = 'json',
): Decoded<T> {
  const body = parsed(target, text, format);
  const { kind, apiVersion } = typeMeta(target, body.value, text);
  const { version } = parseApiVersion(apiVersion);
  const fail = (reason: string) =>
    badRequest(
      `${kind} in version ${quote(version)} cannot be handled as a ${target.kind}: ${reason}`,
    );
  checkKind(target, apiVersion, kind, fail);
  const { object, strictErrors } = decodedOr(fail, target.definition, body.value);
  const problems = [...new Set([...body.strictErrors, ...strictErrors])];
  if (problems.length > 0 && fieldValidation === 'Strict') {
    throw fail(strictText(problems));
  }
  return {
    object: { ...object, apiVersion: target.apiVersion, kind: target.kind } as unknown as T,
    warnings: fieldValidation === 'Warn' ? problems : [],
  };
}

/** `strict decoding error: unknown field "spec.foo", …` (apimachinery, pkg/runtime/error.go). */
export function strictText(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(', ')}`;
}

function parsed(target: DecodeTarget, text: string, format: 'json' | 'yaml'): ParsedBody {
  try {
    return parseBody(text, format);
  } catch (error) {
    if (!(error instanceof SandglassError)) throw error;
    const why = `couldn't get version/kind; json parse error: ${error.message}`;
    throw unrecognized(target.kind, why, new TextEncoder().encode(text));
  }
}

/** Upstream's answer to a body in which there is no object of the kind that the endpoint takes. */
export function unrecognized(kind: string, reason: string, body: Uint8Array): Error {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${reason} (${summary(body)})`,
  );
}

/** rest.go, summarizeData: what begins with a brace as it is, the rest in hexadecimal. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const head = bytes.slice(0, 30);
  const rest = bytes.length > 30 ? ' ...' : '';
  if (bytes[0] === '{'.charCodeAt(0)) return `${new TextDecoder().decode(head)}${rest}`;
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex}${rest}`;
}

/** Of the body, or what the endpoint expects where the body does not say. */
function typeMeta(
  target: DecodeTarget,
  value: unknown,
  text: string,
): { kind: string; apiVersion: string } {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject) {
    const kind = Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
    const type =
      'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    const reason = `couldn't get version/kind; json parse error: json: cannot unmarshal ${kind} into Go value of type ${type}`;
    if (value !== null) throw unrecognized(target.kind, reason, new TextEncoder().encode(text));
  }
  const { kind, apiVersion } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown };
  return {
    kind: typeof kind === 'string' && kind !== '' ? kind : target.kind,
    apiVersion:
      typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : target.apiVersion,
  };
}

/** The Go package of a group's internal types, as conversion errors name it. */
const internalPackages: Readonly<Record<string, string>> = {
  '': 'core',
  'coordination.k8s.io': 'coordination',
  'events.k8s.io': 'core',
  'node.k8s.io': 'node',
};

function checkKind(
  target: DecodeTarget,
  apiVersion: string,
  kind: string,
  fail: (reason: string) => Error,
): void {
  if (kind === target.kind && apiVersion === target.apiVersion) return;
  if (!resourceByKind(apiVersion, kind)) {
    throw fail(
      `no kind ${quote(kind)} is registered for version ${quote(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  // Both groups' events are one type inside.
  if (kind === target.kind) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${target.apiVersion})`,
    );
  }
  const { group } = parseApiVersion(target.apiVersion);
  throw fail(
    `converting (v1.${kind}) to (${internalPackages[group] ?? group}.${target.kind}): unknown conversion`,
  );
}

function decodedOr(fail: (reason: string) => Error, definition: string, value: unknown) {
  try {
    return decodeValue(definition, value ?? {});
  } catch (error) {
    if (error instanceof SandglassError) throw fail(error.message);
    throw error;
  }
}
