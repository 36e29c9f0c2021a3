import { hasHostPortConflict } from '#kube/scheduling/host-ports.ts';
import type { Filter } from './filter.ts';

/** upstream: plugins/nodeports */
export const nodePorts: Filter = (pod, { pods }) =>
  hasHostPortConflict(pod, pods)
    ? {
        reasons: ["node(s) didn't have free ports for the requested pod ports"],
        resolvable: true,
      }
    : undefined;
