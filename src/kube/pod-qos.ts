import { tryParseQuantity } from './quantity.ts';
import type { Container, Pod } from './types.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const computed = ['cpu', 'memory'] as const;

/** upstream: pkg/apis/core/v1/helper/qos/qos.go, ComputePodQOS */
export function podQosClass(pod: Pod): QosClass {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const asksForSomething = containers.some(({ resources }) =>
    computed.some((name) => isSet(resources?.requests?.[name]) || isSet(resources?.limits?.[name])),
  );
  if (!asksForSomething) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

function isGuaranteed({ resources }: Container): boolean {
  return computed.every((name) => {
    const limit = tryParseQuantity(resources?.limits?.[name] ?? '');
    const request = tryParseQuantity(
      resources?.requests?.[name] ?? resources?.limits?.[name] ?? '',
    );
    if (limit === undefined || request === undefined) return false;
    return !limit.isZero() && limit.compare(request) === 0;
  });
}

function isSet(text: string | undefined): boolean {
  const quantity = tryParseQuantity(text ?? '');
  return quantity !== undefined && !quantity.isZero();
}
