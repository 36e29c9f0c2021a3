import type { ErrorCode } from '#base/errors.ts';

/** By gRPC's number (https://grpc.io/docs/guides/status-codes/). */
const codes: readonly (ErrorCode | undefined)[] = [
  undefined,
  'cancelled',
  'unknown',
  'invalid-argument',
  'deadline-exceeded',
  'not-found',
  'already-exists',
  'permission-denied',
  'resource-exhausted',
  'failed-precondition',
  'aborted',
  'out-of-range',
  'unimplemented',
  'internal',
  'unavailable',
  'data-loss',
  'unauthenticated',
];

/** What is no code of gRPC's is `unknown`. */
export function codeOf(number: number): ErrorCode {
  return codes[number] ?? 'unknown';
}
