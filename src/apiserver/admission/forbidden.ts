import type { Resource } from '#kube/resources.ts';
import { forbidden, statusError, type StatusError } from '#kube/status.ts';
import type { StatusCause } from '#kube/types.ts';
import type { Unstored } from '#apiserver/registry/unstored.ts';

/** upstream: apiserver/pkg/admission/errors.go, NewForbidden: the name may not be given out yet. */
export function notAdmitted(
  resource: Resource,
  { metadata }: Unstored,
  why: string,
  cause?: StatusCause,
): StatusError {
  const { name = '', generateName = '' } = metadata;
  const shown = [name, generateName, 'Unknown'].find((text) => text !== '') ?? 'Unknown';
  const error = forbidden(resource, shown, why);
  if (!cause) return error;
  const { status } = error;
  return statusError({ ...status, details: { ...status.details, causes: [cause] } });
}
