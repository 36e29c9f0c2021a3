import { SandglassError } from '#base/errors.ts';
import { parseQuantity } from '#kube/quantity.ts';
import type { Container, Pod, ResourceFieldSelector } from '#kube/types.ts';
import { findContainer } from '#kubelet/pod-facts.ts';

/**
 * A container's request or limit, rounded up to whole divisors (pkg/api/v1/resource/helpers.go,
 * ExtractContainerResourceValue). Limits that are not set are what the node can give.
 */
export function resourceFieldValue(
  selector: ResourceFieldSelector,
  pod: Pod,
  container: Container | undefined,
  allocatable: Record<string, string>,
): string {
  const subject =
    selector.containerName === undefined ? container : findContainer(pod, selector.containerName);
  if (!subject) {
    throw new SandglassError('not-found', `container ${selector.containerName ?? ''} not found`);
  }
  const [kind, ...rest] = selector.resource.split('.');
  const name = rest.join('.');
  if (kind !== 'limits' && kind !== 'requests') {
    throw new SandglassError(
      'invalid-argument',
      `unsupported container resource : ${selector.resource}`,
    );
  }
  const { limits, requests } = subject.resources ?? {};
  const text = kind === 'limits' ? (limits?.[name] ?? allocatable[name]) : requests?.[name];
  const value = parseQuantity(text ?? '0').nano;
  const divisor = parseQuantity(
    selector.divisor === undefined || selector.divisor === '0' ? '1' : selector.divisor,
  );
  return String(divideUp(value, divisor.nano));
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
