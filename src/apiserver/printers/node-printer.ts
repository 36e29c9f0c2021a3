import type { Node } from '#kube/types.ts';
import { since } from '#kube/human-duration.ts';
import { ageColumn, column, nameColumn, type Printer } from './printer.ts';

const rolePrefix = 'node-role.kubernetes.io/';
const roleLabel = 'kubernetes.io/role';

/** upstream: pkg/printers/internalversion/printers.go, printNode */
export const nodePrinter: Printer<Node> = {
  columns: [
    nameColumn,
    column('Status', 'The status of the node'),
    column('Roles', 'The roles of the node'),
    ageColumn,
    column('Version', 'Kubelet version that the node reports.'),
    column('Internal-IP', 'Address of the node within the cluster.', { wide: true }),
    column('External-IP', 'Address of the node from outside.', { wide: true }),
    column('OS-Image', 'Operating system that the node reports.', { wide: true }),
    column('Kernel-Version', 'Kernel version that the node reports.', { wide: true }),
    column('Container-Runtime', 'Container runtime and its version.', { wide: true }),
  ],
  row(node, now) {
    const info = node.status?.nodeInfo;
    return {
      cells: [
        node.metadata?.name ?? '',
        statusText(node),
        rolesText(node),
        since(node.metadata?.creationTimestamp, now),
        info?.kubeletVersion ?? '',
        addressText(node, 'InternalIP'),
        addressText(node, 'ExternalIP'),
        orUnknown(info?.osImage),
        orUnknown(info?.kernelVersion),
        orUnknown(info?.containerRuntimeVersion),
      ],
    };
  },
};

function statusText(node: Node): string {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const status = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return node.spec?.unschedulable ? `${status},SchedulingDisabled` : status;
}

function rolesText(node: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata?.labels ?? {})) {
    if (key.startsWith(rolePrefix)) roles.add(key.slice(rolePrefix.length));
    else if (key === roleLabel) roles.add(value);
  }
  roles.delete('');
  return roles.size === 0 ? '<none>' : [...roles].sort().join(',');
}

function addressText(node: Node, wanted: string): string {
  return node.status?.addresses?.find(({ type }) => type === wanted)?.address ?? '<none>';
}

function orUnknown(text: string | undefined): string {
  return text === undefined || text === '' ? '<unknown>' : text;
}
