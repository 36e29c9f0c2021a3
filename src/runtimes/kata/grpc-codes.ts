import { type ErrorCode, errorCodes } from '#base/errors.ts';

/** By gRPC's number: ours are in gRPC's order, of which 0 is success. What is no code of it is `unknown`. */
export function codeOf(number: number): ErrorCode {
  return errorCodes[number - 1] ?? 'unknown';
}
