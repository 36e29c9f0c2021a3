/**
 * The closed set of failures, after gRPC's status codes
 * (https://grpc.io/docs/guides/status-codes/): the CRI speaks them on the wire, and containerd's
 * errdefs and Kubernetes' HTTP codes both map onto them.
 */
export const errorCodes = [
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
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** What led to it; kept for the console, never shown to a reader. */
  cause?: unknown;
  /** The errno name where a kernel said no, such as `ENOENT`. */
  errno?: string;
}

/** The one error type. Its message is a sentence for the person who reads it. */
export class SandglassError extends Error {
  override readonly name = 'SandglassError';
  readonly code: ErrorCode;
  readonly errno: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.errno = details.errno;
  }
}

/** Any thrown value as a SandglassError; what is already one stays the same object. */
export function asSandglassError(thrown: unknown): SandglassError {
  if (thrown instanceof SandglassError) return thrown;
  if (thrown instanceof Error) {
    const code = thrown.name === 'AbortError' ? 'cancelled' : 'internal';
    return new SandglassError(code, thrown.message, { cause: thrown });
  }
  return new SandglassError('unknown', String(thrown), { cause: thrown });
}

/** The error that a cancelled wait ends with. */
export function cancelledError(signal: AbortSignal): SandglassError {
  const reason: unknown = signal.reason;
  if (reason instanceof SandglassError) return reason;
  return new SandglassError('cancelled', 'The operation was cancelled.', { cause: reason });
}

/** Throws `cancelled` if the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelledError(signal);
}
