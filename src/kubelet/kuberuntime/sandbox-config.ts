import { create } from '@bufbuild/protobuf';
import { type PodSandboxConfig, PodSandboxConfigSchema, Protocol } from '#kube/cri/api_pb.ts';
import type { Container, Pod } from '#kube/types.ts';
import { podCgroup } from '#kubelet/cm/cgroup-names.ts';
import type { DnsConfig } from '#kubelet/dns/pod-dns.ts';
import {
  containersOf,
  initContainersOf,
  isHostNetworkPod,
  isRestartableInitContainer,
  nameOf,
  namespaceOf,
  uidOf,
} from '#kubelet/pod-facts.ts';
import { sandboxResources } from './container-resources.ts';
import { sandboxHostname } from './hostname.ts';
import { newPodAnnotations, newPodLabels } from './labels.ts';
import { podLogsDirectoryOf } from './log-paths.ts';
import { sandboxSecurityContext } from './security-context.ts';

/** kuberuntime_sandbox.go, generatePodSandboxConfig */
export function sandboxConfig(
  pod: Pod,
  attempt: number,
  { dns, clusterDomain }: { dns: DnsConfig; clusterDomain: string },
): PodSandboxConfig {
  const exposing = [
    ...initContainersOf(pod).filter(isRestartableInitContainer),
    ...containersOf(pod),
  ];
  const sysctls = pod.spec?.securityContext?.sysctls ?? [];
  return create(PodSandboxConfigSchema, {
    metadata: { name: nameOf(pod), namespace: namespaceOf(pod), uid: uidOf(pod), attempt },
    labels: newPodLabels(pod),
    annotations: newPodAnnotations(pod),
    dnsConfig: { servers: dns.servers, searches: dns.searches, options: dns.options },
    // In the node's network the node's name is the pod's.
    hostname: isHostNetworkPod(pod) ? '' : sandboxHostname(pod, clusterDomain),
    logDirectory: podLogsDirectoryOf(pod),
    portMappings: exposing.flatMap(portMappings),
    linux: {
      cgroupParent: podCgroup(pod),
      securityContext: sandboxSecurityContext(pod),
      // The kernel's own separator is the slash, runtimes take the dot.
      sysctls: Object.fromEntries(
        sysctls.map(({ name, value }) => [name.replaceAll('/', '.'), value]),
      ),
      ...sandboxResources(pod),
    },
  });
}

function portMappings({ ports = [] }: Container) {
  return ports.map(({ containerPort, hostPort = 0, hostIP = '', protocol }) => ({
    containerPort,
    hostPort,
    hostIp: hostIP,
    protocol:
      protocol === 'UDP' ? Protocol.UDP : protocol === 'SCTP' ? Protocol.SCTP : Protocol.TCP,
  }));
}
