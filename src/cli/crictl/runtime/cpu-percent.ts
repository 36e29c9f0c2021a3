import type { CpuUsage } from '#kube/cri/api_pb.ts';
import { failure } from '#cli/command/errors.ts';

/** Of one processor, in the time between two samples, with two decimals. */
export function cpuPercent(now: CpuUsage | undefined, before: CpuUsage | undefined): string {
  const used = now?.usageCoreNanoSeconds?.value ?? 0n;
  if (used === 0n) return '0.00';
  const duration = (now?.timestamp ?? 0n) - (before?.timestamp ?? 0n);
  if (duration === 0n) throw failure('cpu stat is not updated during sample');
  const usedBefore = before?.usageCoreNanoSeconds?.value ?? 0n;
  return ((Number(used - usedBefore) / Number(duration)) * 100).toFixed(2);
}
