import { SandglassError, asSandglassError, type ErrorCode } from '#base/errors.ts';
import { quote } from './go-text.ts';
import { groupResourceText, type GroupResource } from './resources.ts';
import type { Status, StatusDetails } from './types.ts';
import { aggregateText, fieldErrorText, type FieldError } from './validation/field-error.ts';

/** A failure as the API tells it. Codes, reasons and texts: apimachinery, pkg/api/errors/errors.go. */
export class StatusError extends SandglassError {
  readonly status: Status;

  constructor(status: Status) {
    super(codeOf(status), status.message ?? 'the server gave no reason');
    this.status = status;
  }
}

/** The Status of an answer as the error to throw. */
export function statusError(status: Status): StatusError {
  return new StatusError(status);
}

/** What a thrown value tells a client; what did not come from the API is upstream's InternalError or nearest. */
export function statusOf(thrown: unknown): Status {
  if (thrown instanceof StatusError) return thrown.status;
  const error = asSandglassError(thrown);
  const [code, reason] = httpCodes[error.code] ?? [500, 'InternalError'];
  if (reason === 'InternalError') return internalError(error.message).status;
  return failure(code, reason, error.message);
}

export function isNotFound(thrown: unknown): boolean {
  return hasReason(thrown, 'NotFound');
}

export function isAlreadyExists(thrown: unknown): boolean {
  return hasReason(thrown, 'AlreadyExists');
}

export function isConflict(thrown: unknown): boolean {
  return hasReason(thrown, 'Conflict');
}

/** 410 Gone: the resource version is older than what the server kept. */
export function isExpired(thrown: unknown): boolean {
  return hasReason(thrown, 'Expired') || hasReason(thrown, 'Gone');
}

/** The server's clock of versions is behind the one asked for, as after a restore. */
export function isTooLargeResourceVersion(thrown: unknown): boolean {
  if (!(thrown instanceof StatusError)) return false;
  const causes = thrown.status.details?.causes ?? [];
  return causes.some(({ reason }) => reason === 'ResourceVersionTooLarge');
}

export function hasReason(thrown: unknown, reason: string): boolean {
  return thrown instanceof StatusError && thrown.status.reason === reason;
}

export function notFound(resource: GroupResource, name: string): StatusError {
  const message = `${named(resource, name)} not found`;
  return fail(404, 'NotFound', message, detailsOf(resource, name));
}

/** Of a path that no resource is served at. */
export function unknownPath(): StatusError {
  return fail(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(resource: GroupResource, name: string): StatusError {
  const message = `${named(resource, name)} already exists`;
  return fail(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: GroupResource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${named(resource, name)}: ${why}`;
  return fail(409, 'Conflict', message, detailsOf(resource, name));
}

/** Of an update whose resourceVersion is not the latest (apiserver, registry/rest, OptimisticLockErrorMsg). */
export const modifiedText =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(resource: GroupResource, name: string, why: string): StatusError {
  const message = `${named(resource, name)} is forbidden: ${why}`;
  return fail(403, 'Forbidden', message, detailsOf(resource, name));
}

export interface GroupKind {
  group: string;
  kind: string;
}

/** 422 with one cause for each error. */
export function invalid(
  { group, kind }: GroupKind,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const subject = `${group === '' ? kind : `${kind}.${group}`} ${quote(name)} is invalid`;
  const message =
    errors.length === 0 ? subject : `${subject}: ${aggregateText(errors.map(fieldErrorText))}`;
  return fail(422, 'Invalid', message, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind,
    causes: errors.map(({ type, body, field }) => ({ reason: type, message: body, field })),
  });
}

export function badRequest(message: string): StatusError {
  return fail(400, 'BadRequest', message);
}

export function methodNotSupported(resource: GroupResource, action: string): StatusError {
  const text = groupResourceText(resource);
  const message = `${action} is not supported on resources of kind ${quote(text)}`;
  return fail(405, 'MethodNotAllowed', message, detailsOf(resource, ''));
}

export function notAcceptable(message: string): StatusError {
  return fail(406, 'NotAcceptable', message);
}

export function unsupportedMediaType(message: string): StatusError {
  return fail(415, 'UnsupportedMediaType', message);
}

/** 410: what a list or watch asked for has been compacted away. */
export function expired(message: string): StatusError {
  return fail(410, 'Expired', message);
}

export function tooLarge(message: string): StatusError {
  return fail(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);
}

export function serviceUnavailable(message: string): StatusError {
  return fail(503, 'ServiceUnavailable', message);
}

export function internalError(message: string): StatusError {
  return fail(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

export function timeout(message: string): StatusError {
  return fail(504, 'Timeout', `Timeout: ${message}`, {});
}

/** Of deletes and finalizers: an object that is what the caller asked it to be. */
export function success(details?: StatusDetails): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
  };
}

function fail(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  return new StatusError(failure(code, reason, message, details));
}

function failure(code: number, reason: string, message: string, details?: StatusDetails): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  };
}

function named(resource: GroupResource, name: string): string {
  const text = groupResourceText(resource);
  return name === '' && text === '' ? '' : `${text} ${quote(name)}`;
}

/** Empty parts are left out, as Go's omitempty does; upstream puts the resource into `kind`. */
function detailsOf({ group, resource }: GroupResource, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  };
}

const reasonCodes: Readonly<Record<string, ErrorCode>> = {
  AlreadyExists: 'already-exists',
  Conflict: 'aborted',
  Expired: 'out-of-range',
  Gone: 'out-of-range',
  Forbidden: 'permission-denied',
  Unauthorized: 'unauthenticated',
  Timeout: 'deadline-exceeded',
  ServerTimeout: 'unavailable',
  TooManyRequests: 'resource-exhausted',
};

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid-argument',
  401: 'unauthenticated',
  403: 'permission-denied',
  404: 'not-found',
  405: 'unimplemented',
  406: 'invalid-argument',
  409: 'aborted',
  410: 'out-of-range',
  413: 'resource-exhausted',
  415: 'invalid-argument',
  422: 'invalid-argument',
  429: 'resource-exhausted',
  501: 'unimplemented',
  503: 'unavailable',
  504: 'deadline-exceeded',
};

function codeOf({ reason, code }: Status): ErrorCode {
  return reasonCodes[reason ?? ''] ?? statusCodes[code ?? 500] ?? 'internal';
}

/** Of errors that other layers threw: the nearest HTTP status and reason. */
const httpCodes: Partial<Record<ErrorCode, [number, string]>> = {
  'invalid-argument': [400, 'BadRequest'],
  'not-found': [404, 'NotFound'],
  'already-exists': [409, 'AlreadyExists'],
  aborted: [409, 'Conflict'],
  'permission-denied': [403, 'Forbidden'],
  unauthenticated: [401, 'Unauthorized'],
  'deadline-exceeded': [504, 'Timeout'],
  'resource-exhausted': [429, 'TooManyRequests'],
  unavailable: [503, 'ServiceUnavailable'],
};
