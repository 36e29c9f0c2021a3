import { statusError, type StatusError } from '#kube/status.ts';

/** Of a path that exists, for a method that it does not take (upstream: errors.NewGenericServerResponse for 405). */
export function methodNotAllowed(): StatusError {
  return statusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the server does not allow this method on the requested resource',
    reason: 'MethodNotAllowed',
    details: {},
    code: 405,
  });
}
