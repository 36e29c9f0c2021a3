import type { FieldPath } from './field-path.ts';
import { quote } from '#kube/go-text.ts';

/** What a message begins with, by the kind of error (apimachinery, pkg/util/validation/field/errors.go). */
const typeTexts = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
} as const;

export type FieldErrorType = keyof typeof typeTexts;

/** One thing that is wrong with an object. */
export interface FieldError {
  type: FieldErrorType;
  field: string;
  /** The message without the field. */
  body: string;
}

function error(
  type: FieldErrorType,
  path: FieldPath,
  value: string | undefined,
  detail: string,
): FieldError {
  const parts = [typeTexts[type], value, detail === '' ? undefined : detail];
  return {
    type,
    field: path.toString(),
    body: parts.filter((part) => part !== undefined).join(': '),
  };
}

/** As Go's field errors print a value: texts quoted, numbers plain, the rest as JSON. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return value === undefined ? 'null' : JSON.stringify(value);
}

export function required(path: FieldPath, detail = ''): FieldError {
  return error('FieldValueRequired', path, undefined, detail);
}

export function invalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return error('FieldValueInvalid', path, valueText(value), detail);
}

export function duplicate(path: FieldPath, value: unknown): FieldError {
  return error('FieldValueDuplicate', path, valueText(value), '');
}

export function notFoundValue(path: FieldPath, value: unknown): FieldError {
  return error('FieldValueNotFound', path, valueText(value), '');
}

export function forbidden(path: FieldPath, detail: string): FieldError {
  return error('FieldValueForbidden', path, undefined, detail);
}

/** The values are listed in the order given; upstream sorts most of its sets. */
export function notSupported(
  path: FieldPath,
  value: unknown,
  supported: readonly string[],
): FieldError {
  const detail =
    supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`;
  return error('FieldValueNotSupported', path, valueText(value), detail);
}

export function tooLong(path: FieldPath, maxBytes: number): FieldError {
  const unit = maxBytes === 1 ? 'byte' : 'bytes';
  return error('FieldValueTooLong', path, undefined, `may not be more than ${maxBytes} ${unit}`);
}

export function tooMany(path: FieldPath, actual: number, most: number): FieldError {
  const unit = most === 1 ? 'item' : 'items';
  return error('FieldValueTooMany', path, String(actual), `must have at most ${most} ${unit}`);
}

export function fieldErrorText({ field, body }: FieldError): string {
  return `${field}: ${body}`;
}

/** Several errors as one text: `[a, b]`, each once (apimachinery, pkg/util/errors, aggregate). */
export function aggregateText(messages: readonly string[]): string {
  const distinct = [...new Set(messages)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}
