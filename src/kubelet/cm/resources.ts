import { Quantity, quantityOf } from '#kube/quantity.ts';
import { podLimits, podRequests } from '#kube/pod-resources.ts';
import type { Container, Pod } from '#kube/types.ts';
import { allContainersOf } from '#kubelet/pod-facts.ts';

/** cgroup v1's terms, in which the CRI speaks (pkg/kubelet/cm/helpers_linux.go). */
const minShares = 2;
const maxShares = 262_144;
const sharesPerCpu = 1024;
export const quotaPeriod = 100_000;
const minQuota = 1000;

export function milliCpuToShares(milliCpu: number): number {
  if (milliCpu === 0) return minShares;
  return Math.min(maxShares, Math.max(minShares, Math.floor((milliCpu * sharesPerCpu) / 1000)));
}

/** Microseconds of each period; 0 for no limit. */
export function milliCpuToQuota(milliCpu: number, period = quotaPeriod): number {
  if (milliCpu === 0) return 0;
  return Math.max(minQuota, Math.floor((milliCpu * period) / 1000));
}

/**
 * cgroup v2's weight of 1 to 10000 for shares of 2 to 262144 by the curve that runtimes have used
 * since 2025 (opencontainers/cgroups, ConvertCPUSharesToCgroupV2Value), so that 1024 becomes 100.
 */
export function sharesToWeight(shares: number): number {
  if (shares <= minShares) return 1;
  if (shares >= maxShares) return 10_000;
  const log = Math.log2(shares);
  const exponent = (log * log + 125 * log) / 612 - 7 / 34;
  return Math.ceil(10 ** exponent);
}

export function requestOf(container: Container, name: string): Quantity {
  const { requests, limits } = container.resources ?? {};
  // The API server sets requests from limits; static pods have not been there.
  return quantityOf(requests?.[name] === undefined ? limits : requests, name);
}

export function limitOf(container: Container, name: string): Quantity {
  return quantityOf(container.resources?.limits, name);
}

/** What is set aside for the pod as a whole. */
export function podRequest(pod: Pod, name: string): Quantity {
  return quantityOf(podRequests(pod), name);
}

/** Zero as soon as one container has no limit, unless the pod as a whole has one. */
export function podLimit(pod: Pod, name: string): Quantity {
  const whole = quantityOf(pod.spec?.resources?.limits, name);
  const all = allContainersOf(pod);
  if (whole.isZero() && all.some((container) => limitOf(container, name).isZero()))
    return Quantity.zero;
  return quantityOf(podLimits(pod), name);
}
