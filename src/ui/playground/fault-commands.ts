/** A fault that a command makes on the node, and how to undo it and to see whether it is made. */
export interface CommandFault {
  command: string;
  undo: string;
  /** Succeeds while the fault is made; it must be quick, and change nothing. */
  probe: string;
}

const network = '10-sandglass.conflist';

/** Kibibytes that / has room for when nothing is wrong: half the memory, in whole pages. */
const usualSize = `free | awk '/^Mem:/ {print int($2 / 8) * 4}'`;

/**
 * The node's disk is a tmpfs, which may not grow beyond its size: that is made what is used already, so that no memory
 * is taken for it (tmpfs(5), `size`). It stays as small when something on it is removed, so its size tells, not its room.
 */
export const fullDisk: CommandFault = {
  command: `mount -o remount,size=$(df -k / | awk 'END {print $3}')k /`,
  undo: 'mount -o remount,size=50% /',
  probe: `[ "$(df -k / | awk 'END {print $2}')" -lt "$(${usualSize})" ]`,
};

/** Without a configuration there is no plugin to call: the node is not ready, and no sandbox gets a network. */
export const noNetwork: CommandFault = {
  command: `mv /etc/cni/net.d/${network} /root/`,
  undo: `mv /root/${network} /etc/cni/net.d/`,
  probe: `[ ! -e /etc/cni/net.d/${network} ]`,
};

/** Ends the process that holds a pod's namespaces; names of pods mean nothing to a shell (RFC 1123). */
export function killPause(namespace: string, pod: string): string {
  const sandbox = `crictl pods -q --state Ready --namespace ${namespace} --name '^${pod}$'`;
  return `kill -9 $(crictl inspectp -o go-template --template '{{.info.pid}}' $(${sandbox}))`;
}
