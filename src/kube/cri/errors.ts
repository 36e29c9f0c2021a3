import { Code, ConnectError } from '@connectrpc/connect';
import { type ErrorCode, SandglassError, asSandglassError } from '#base/errors.ts';

const codes: Readonly<Record<ErrorCode, Code>> = {
  cancelled: Code.Canceled,
  unknown: Code.Unknown,
  'invalid-argument': Code.InvalidArgument,
  'deadline-exceeded': Code.DeadlineExceeded,
  'not-found': Code.NotFound,
  'already-exists': Code.AlreadyExists,
  'permission-denied': Code.PermissionDenied,
  'resource-exhausted': Code.ResourceExhausted,
  'failed-precondition': Code.FailedPrecondition,
  aborted: Code.Aborted,
  'out-of-range': Code.OutOfRange,
  unimplemented: Code.Unimplemented,
  internal: Code.Internal,
  unavailable: Code.Unavailable,
  'data-loss': Code.DataLoss,
  unauthenticated: Code.Unauthenticated,
};

const names = new Map(
  Object.entries(codes).map(([name, code]) => [code, name as ErrorCode] as const),
);

/** By the name of gRPC's code, such as `NotFound`; undefined for what is none. */
export function errorCodeNamed(name: string): ErrorCode | undefined {
  return Object.hasOwn(Code, name) ? names.get(Code[name as keyof typeof Code]) : undefined;
}

/** What a service of the CRI throws, as it goes over the wire. */
export function toConnectError(thrown: unknown): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  const error = asSandglassError(thrown);
  return new ConnectError(error.message, codes[error.code], undefined, undefined, error);
}

/** What a client of the CRI got, as the one error type. */
export function fromConnectError(thrown: unknown): SandglassError {
  if (!(thrown instanceof ConnectError)) return asSandglassError(thrown);
  return new SandglassError(names.get(thrown.code) ?? 'unknown', thrown.rawMessage, {
    cause: thrown,
  });
}
