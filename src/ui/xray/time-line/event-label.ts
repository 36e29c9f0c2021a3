import type { TraceEvent } from '#ui/xray/events/trace-event.ts';

/** Longer names are cut short; the opened event has them whole. */
const longestLabel = 40;

/** What stands beside a mark. */
export function labelOf({ kind, title, links, error }: TraceEvent): string {
  const failed = error ? '✕ ' : '';
  const whole =
    kind === 'process' && links.pid !== undefined
      ? `${title} ${links.pid}`
      : kind === 'pod-worker' && links.pod
        ? `${links.pod.name}: ${title}`
        : title;
  return failed + (whole.length > longestLabel ? `${whole.slice(0, longestLabel - 1)}…` : whole);
}
