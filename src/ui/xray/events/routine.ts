import type { TraceRecord } from '#base/trace-records.ts';

/** The calls that a kubelet repeats by the clock, and that say nothing new most of the time. */
export const routineCalls: ReadonlySet<string> = new Set([
  'Version',
  'Status',
  'RuntimeConfig',
  'ListPodSandbox',
  'ListContainers',
  'ListImages',
  'ImageFsInfo',
  'ListContainerStats',
  'ListPodSandboxStats',
]);

/** Kata's agent is asked for each container's use and, again and again, for what it has written. */
const routineAgentCalls: ReadonlySet<string> = new Set([
  'StatsContainer',
  'ReadStdout',
  'ReadStderr',
]);

/** Written again and again as long as the node lives, or beside what happened. */
const routineResources: ReadonlySet<string> = new Set(['leases', 'nodes', 'events']);

/** Whether something goes on by the clock, or is about no pod: shown only if it is asked for, or fails. */
export function isRoutine(record: TraceRecord): boolean {
  switch (record.kind) {
    case 'api-write':
      return routineResources.has(record.resource);
    case 'sync-loop':
      return (
        record.source === 'housekeeping' || (record.source === 'sync' && record.pods.length === 0)
      );
    case 'cri-call':
      return routineCalls.has(record.method);
    case 'process':
    case 'oci':
    case 'cni':
      return record.pod === undefined;
    case 'vm-traffic':
      return true;
    case 'agent-call':
    case 'agent-return':
      return routineAgentCalls.has(record.method);
    default:
      return false;
  }
}
