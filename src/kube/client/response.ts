import { statusError, StatusError } from '#kube/status.ts';
import type { Status } from '#kube/types.ts';

/** An answer that is no success, as the error to throw: its Status, or what its code alone says. */
export async function failureOf(response: Response): Promise<StatusError> {
  const text = await response.text();
  const status = parseStatus(text);
  if (status) return statusError(status);
  return statusError({
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: response.status === 404 ? notFoundText : text.trim() || genericText(response.status),
    reason: reasons[response.status] ?? 'Unknown',
    code: response.status,
  });
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isStatus = typeof value === 'object' && value !== null && 'kind' in value;
    return isStatus && value.kind === 'Status' ? (value as Status) : undefined;
  } catch {
    // Not JSON: a proxy's or kubelet's plain text.
    return undefined;
  }
}

/** apimachinery, pkg/api/errors/errors.go, NewGenericServerResponse. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const notFoundText = 'the server could not find the requested resource';

function genericText(code: number): string {
  return `the server responded with the status code ${code} but did not return more information`;
}
