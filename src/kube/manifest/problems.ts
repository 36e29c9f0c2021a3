import { type Document, type Node } from 'yaml';
import { applyDefaults } from '#kube/defaults/defaults.ts';
import { quote } from '#kube/go-text.ts';
import { apiVersionOf, type Resource, resourceByKind } from '#kube/resources.ts';
import { decodeValue, problemsOfValue } from '#kube/schema/decode.ts';
import { mistakesIn, yamlDocuments } from '#kube/schema/yaml-text.ts';
import type { KubeObject } from '#kube/types.ts';
import { type FieldError, fieldErrorText } from '#kube/validation/field-error.ts';
import { validateCreate } from '#kube/validation/validate.ts';
import { locate, rangeOf, type TextRange } from './locate.ts';
import { isWithin, withoutPaths } from './without-paths.ts';

/** What is wrong with a manifest, in the words of who would refuse it. */
export interface ManifestProblem extends TextRange {
  message: string;
}

/** Of an object within a document: its value, and the way to it. */
interface Part {
  value: unknown;
  /** Empty, or `items[2].` in a list. */
  prefix: string;
}

/**
 * What kubectl and the API server would have against a file that is applied to a cluster without its objects, each
 * with its place: syntax, then fields and their types, then what they say. Other than they, it does not stop at the
 * first that is refused. Quotas, namespaces and other objects are not asked for.
 */
export function manifestProblems(text: string): ManifestProblem[] {
  return yamlDocuments(text)
    .flatMap((document) => problemsOf(document, text))
    .sort((one, other) => one.from - other.from);
}

function problemsOf(document: Document, text: string): ManifestProblem[] {
  const mistakes = mistakesIn(document, text);
  const root = document.contents;
  // Of what cannot be read nothing else is known.
  if (mistakes.some(({ isStrict }) => !isStrict)) {
    return mistakes.map(({ message, from, to }) => ({ message, ...withinText(text, from, to) }));
  }
  const duplicates = mistakes.map(({ message, from, to }) => ({ message, from, to }));
  const value = valueOf(document);
  if ('message' in value) return [...duplicates, { ...firstSign(root), message: value.message }];
  if (value.value === null) return duplicates;
  return [...duplicates, ...partsOf(value.value).flatMap((part) => problemsOfPart(part, root))];
}

/** A mistake at the text's end is shown at its last sign. */
function withinText(text: string, from: number, to: number): TextRange {
  const last = Math.max(text.trimEnd().length - 1, 0);
  return { from: Math.min(from, last), to: Math.min(Math.max(to, from), last + 1) };
}

/** Aliases that refer to aliases can make more than any reader holds; the parser refuses them. */
function valueOf(document: Document): { value: unknown } | { message: string } {
  try {
    return { value: document.toJS() as unknown };
  } catch (error) {
    return { message: `yaml: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function partsOf(value: unknown): Part[] {
  if (!isObject(value) || value['kind'] !== 'List' || !Array.isArray(value['items'])) {
    return [{ value, prefix: '' }];
  }
  return value['items'].map((item: unknown, index) => ({
    value: item,
    prefix: `items[${index}].`,
  }));
}

function problemsOfPart({ value, prefix }: Part, root: Node | null): ManifestProblem[] {
  const at = (path: string, prefer: 'key' | 'value' = 'value') =>
    locate(root, `${prefix}${path}`, prefer) ?? firstSign(root);
  if (!isObject(value)) return [{ ...firstSign(root), message: 'invalid object to validate' }];
  const missing = ['apiVersion', 'kind'].filter((key) => !isWord(value[key]));
  if (missing.length > 0) {
    return missing.map((key) => ({ ...at(key), message: `${key} not set` }));
  }
  const { apiVersion, kind } = value as { apiVersion: string; kind: string };
  const resource = resourceByKind(apiVersion, kind);
  if (!resource) {
    const message = `no matches for kind ${quote(kind)} in version ${quote(apiVersion)}`;
    return [{ ...at('kind'), message }];
  }
  const decoding = problemsOfValue(resource.definition, value);
  const problems = decoding.map(({ path, message, isUnknown }) => ({
    ...at(path, isUnknown ? 'key' : 'value'),
    message,
  }));
  // What is of a wrong type can be no part of what is validated, and has been told of.
  const wrong = decoding.filter(({ isUnknown }) => !isUnknown).map(({ path }) => path);
  const rest = withoutPaths(value, wrong);
  if (!rest) return problems;
  // What is not found may be in what is of a wrong type.
  const mayFollow = ({ type, field }: FieldError) =>
    isWithin(field, wrong) || (type === 'FieldValueNotFound' && wrong.length > 0);
  const errors = validateCreate(created(resource, rest)).filter((error) => !mayFollow(error));
  return [
    ...problems,
    ...errors.map((error) => ({ ...at(error.field), message: fieldErrorText(error) })),
  ];
}

/** The object as the API server has it when it validates it. */
function created(resource: Resource, value: Readonly<Record<string, unknown>>): KubeObject {
  const { object } = decodeValue(resource.definition, value);
  const { metadata = {} } = object as KubeObject;
  delete metadata.managedFields;
  if (!resource.namespaced) delete metadata.namespace;
  else if ((metadata.namespace ?? '') === '') metadata.namespace = 'default';
  const { generateName = '' } = metadata;
  // As a generated name would be.
  if ((metadata.name ?? '') === '' && generateName !== '') metadata.name = `${generateName}bcdfg`;
  return applyDefaults({
    ...object,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata,
  });
}

/** Where to show what concerns an object as a whole: its first key. */
function firstSign(root: Node | null): TextRange {
  const { from, to } = rangeOf(root);
  return { from, to: Math.min(to, from + 1) };
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
