import type { HostAlias } from '#kube/types.ts';

/** /etc/hosts of a pod with a network of its own (kubelet_pods.go, managedHostsFileContent). */
export function managedHostsFile(
  podIPs: readonly string[],
  hostname: string,
  domain: string,
  aliases: readonly HostAlias[],
): string {
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...podIPs.map((ip) =>
      domain === '' ? `${ip}\t${hostname}` : `${ip}\t${hostname}.${domain}\t${hostname}`,
    ),
  ];
  return `${lines.join('\n')}\n${aliasEntries(aliases)}`;
}

/** For a pod in the node's network: the node's own file, with the pod's aliases. */
export function nodeHostsFile(nodeFile: string, aliases: readonly HostAlias[]): string {
  return `# Kubernetes-managed hosts file (host network).\n${nodeFile}${aliasEntries(aliases)}`;
}

function aliasEntries(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => [ip, ...hostnames].join('\t'));
  return `\n# Entries added by HostAliases.\n${lines.join('\n')}\n`;
}
