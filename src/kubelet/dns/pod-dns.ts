import type { Pod, PodDNSConfigOption } from '#kube/types.ts';
import { reasons } from '#kubelet/events/reasons.ts';
import { formatPod, isHostNetworkPod, namespaceOf } from '#kubelet/pod-facts.ts';

export interface DnsConfig {
  servers: string[];
  searches: string[];
  options: string[];
}

export interface DnsDefaults {
  /** Of the cluster's DNS service; empty where there is none. */
  clusterDns: readonly string[];
  clusterDomain: string;
}

/** What a resolver reads: pkg/apis/core/validation, MaxDNSNameservers and the rest. */
const maxServers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;

/** resolv.conf(5) */
export function parseResolvConf(text: string): DnsConfig {
  const config: DnsConfig = { servers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) config.servers.push(values[0]);
    if (keyword === 'search')
      config.searches = values.map((search) =>
        search === '.' ? search : search.replace(/\.$/, ''),
      );
    if (keyword === 'options') config.options = values;
  }
  return config;
}

/** A pod's DNS configuration, with what there is to warn of (pkg/kubelet/network/dns/dns.go, GetPodDNS). */
export function podDns(
  pod: Pod,
  node: DnsConfig,
  { clusterDns, clusterDomain }: DnsDefaults,
): { config: DnsConfig; warnings: { reason: string; message: string }[] } {
  const warnings: { reason: string; message: string }[] = [];
  const policy = effectivePolicy(pod);
  let config: DnsConfig = { servers: [], searches: [], options: [] };
  if (policy === 'ClusterFirst' && clusterDns.length > 0) {
    const namespace = namespaceOf(pod);
    const own = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
    config = {
      servers: [...clusterDns],
      searches: unique([...own, ...node.searches]),
      options: ['ndots:5'],
    };
  } else if (policy !== 'None') {
    config = {
      servers: [...node.servers],
      searches: [...node.searches],
      options: [...node.options],
    };
    if (policy === 'ClusterFirst') {
      const message = `pod: "${formatPod(pod)}". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`;
      warnings.push({ reason: reasons.missingClusterDns, message });
    }
  }
  const added = pod.spec?.dnsConfig;
  if (added) {
    config = {
      servers: unique([...config.servers, ...(added.nameservers ?? [])]),
      searches: unique([...config.searches, ...(added.searches ?? [])]),
      options: mergeOptions(config.options, added.options ?? []),
    };
  }
  return { config: fitLimits(config, warnings), warnings };
}

function effectivePolicy(pod: Pod): 'None' | 'Default' | 'ClusterFirst' {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None' || policy === 'Default') return policy;
  if (policy === 'ClusterFirstWithHostNet') return 'ClusterFirst';
  return isHostNetworkPod(pod) ? 'Default' : 'ClusterFirst';
}

function fitLimits(config: DnsConfig, warnings: { reason: string; message: string }[]): DnsConfig {
  const servers = config.servers.slice(0, maxServers);
  if (servers.length < config.servers.length) {
    warnings.push({
      reason: reasons.dnsConfigForming,
      message: `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${servers.join(' ')}`,
    });
  }
  let searches = config.searches.slice(0, maxSearches);
  while (searches.join(' ').length > maxSearchCharacters) searches = searches.slice(0, -1);
  if (searches.length < config.searches.length) {
    warnings.push({
      reason: reasons.dnsConfigForming,
      message: `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(' ')}`,
    });
  }
  return { ...config, servers, searches };
}

/** The pod's options replace those of the same name. */
function mergeOptions(existing: readonly string[], added: readonly PodDNSConfigOption[]): string[] {
  const byName = new Map(existing.map((option) => [option.split(':', 1)[0] ?? '', option]));
  for (const { name = '', value } of added)
    byName.set(name, value === undefined ? name : `${name}:${value}`);
  return [...byName.values()];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
