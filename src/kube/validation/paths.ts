import { invalid, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';

/** Relative, and never up. */
export function validateLocalDescendingPath(value: string, path: FieldPath): FieldError[] {
  return [
    ...(value.startsWith('/') ? [invalid(path, value, 'must be a relative path')] : []),
    ...validateNoBacksteps(value, path),
  ];
}

export function validateNoBacksteps(value: string, path: FieldPath): FieldError[] {
  return value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : [];
}

/** Names that begin with two dots are the atomic writer's. */
export function validateLocalNonReservedPath(value: string, path: FieldPath): FieldError[] {
  const isReserved = value.startsWith('..') && !value.startsWith('../');
  return [
    ...validateLocalDescendingPath(value, path),
    ...(isReserved ? [invalid(path, value, "must not start with '..'")] : []),
  ];
}

/** 0777. */
const maxMode = 511;

export function validateFileMode(mode: number | undefined, path: FieldPath): FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= maxMode)
    ? []
    : [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')];
}
