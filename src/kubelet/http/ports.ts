import { SandglassError } from '#base/errors.ts';
import type { Container } from '#kube/types.ts';

/** A port by number, or by the name that the container gives it (pkg/probe/util.go, ResolveContainerPort). */
export function resolvePort(port: number | string, container: Container): number {
  const named = typeof port === 'string' && !/^\d+$/.test(port);
  const number = named
    ? container.ports?.find(({ name }) => name === port)?.containerPort
    : Number(port);
  if (number === undefined) throw new SandglassError('not-found', `couldn't find port: ${port}`);
  if (number > 0 && number < 65_536) return number;
  throw new SandglassError('invalid-argument', `invalid port number: ${number}`);
}
