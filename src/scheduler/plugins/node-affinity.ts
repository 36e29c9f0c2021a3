import { matchesNode } from '#kube/scheduling/node-affinity.ts';
import { unresolvable, type Filter } from './filter.ts';

/** upstream: plugins/nodename */
export const nodeName: Filter = ({ spec }, info) => {
  const wanted = spec?.nodeName ?? '';
  return wanted === '' || wanted === info.name
    ? undefined
    : unresolvable("node(s) didn't match the requested node name");
};

/** upstream: plugins/nodeaffinity */
export const nodeAffinity: Filter = (pod, { node }) =>
  matchesNode(pod, node)
    ? undefined
    : unresolvable("node(s) didn't match Pod's node affinity/selector");
