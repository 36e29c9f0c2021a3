import { SandglassError } from '#base/errors.ts';
import type { Pod } from '#kube/types.ts';
import { nameOf, namespaceOf } from '#kubelet/pod-facts.ts';

/** Longest name of a host in Linux and DNS alike. */
const maxHostname = 63;
const maxFqdn = 64;

/** The pod's hostname and domain (kubelet_pods.go, GeneratePodHostNameAndDomain). */
export function podHostnameAndDomain(
  pod: Pod,
  clusterDomain: string,
): { hostname: string; domain: string } {
  const { hostname, subdomain, hostnameOverride } = pod.spec ?? {};
  if (hostnameOverride) return { hostname: hostnameOverride, domain: '' };
  const name = hostname ?? nameOf(pod);
  const domain = subdomain ? `${subdomain}.${namespaceOf(pod)}.svc.${clusterDomain}` : '';
  return { hostname: truncateHostname(name), domain };
}

/** What the sandbox's kernel calls itself: the full name if the pod asks for that. */
export function sandboxHostname(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = podHostnameAndDomain(pod, clusterDomain);
  if (pod.spec?.setHostnameAsFQDN !== true || domain === '') return hostname;
  const fqdn = `${hostname}.${domain}`;
  if (fqdn.length > maxFqdn) {
    throw new SandglassError(
      'invalid-argument',
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (${maxFqdn} characters is the max, ${fqdn.length} characters requested)`,
    );
  }
  return fqdn;
}

function truncateHostname(name: string): string {
  return name.slice(0, maxHostname).replace(/[-.]+$/, '');
}
