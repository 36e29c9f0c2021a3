import type { Filter } from './filter.ts';
import { nodeAffinity, nodeName } from './node-affinity.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesFit } from './node-resources.ts';
import { nodeUnschedulable, taintToleration } from './taints.ts';

/** In upstream's order (apis/config/v1/default_plugins.go): the first that refuses names the reason. */
export const filters: readonly Filter[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
];
