import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import {
  NamespaceMode,
  type PodSandboxConfig,
  SupplementalGroupsPolicy,
} from '#kube/cri/api_pb.ts';
import type { NamespaceType, RuntimeSpec } from '#oci/runtime-spec.ts';
import type { ImageConfig } from '#cri/ports.ts';
import { sandboxDirectory } from '#cri/sandbox-record.ts';
import { resolveCapabilities } from './capabilities.ts';
import { cgroupsPath, defaultPath } from './container-spec.ts';
import { mergeMounts, usualMounts } from './mounts.ts';
import { usualDeviceRules } from './resources.ts';
import { sandboxSeccompProfile } from './seccomp-profile.ts';
import { seccompOf } from './security.ts';
import { type AccountFiles, resolveUser } from './users.ts';

/** Rather any other process than the one that holds the pod together (defaultSandboxOOMAdj). */
const oomScoreAdjustment = -998;
/** The least that the kernel gives (containerd, WithDefaultSandboxShares). */
const cpuShares = 2;

export interface SandboxSpecParts {
  id: string;
  config: PodSandboxConfig;
  image: ImageConfig;
  accounts: AccountFiles;
  /** Of its network namespace; undefined on the node's network. */
  netns: string | undefined;
  agent: AgentClient;
}

/** The pause container (containerd, internal/cri/server/podsandbox/sandbox_run_linux.go). */
export async function sandboxSpec(parts: SandboxSpecParts): Promise<RuntimeSpec> {
  const { id, config, image, netns } = parts;
  const security = config.linux?.securityContext;
  const args = [...(image.Entrypoint ?? []), ...(image.Cmd ?? [])];
  if (args.length === 0) {
    throw new SandglassError('unknown', 'invalid empty entrypoint and cmd in image config');
  }
  const capabilities = resolveCapabilities(undefined, false);
  const privileged = security?.privileged ?? false;
  const seccomp = await seccompOf(
    security?.seccomp,
    privileged,
    sandboxSeccompProfile,
    parts.agent,
  );
  const sysctls = config.linux?.sysctls ?? {};
  return {
    ociVersion: '1.0.2',
    process: {
      user: userOf(parts),
      args,
      env: [defaultPath, ...(image.Env ?? [])],
      cwd: image.WorkingDir || '/',
      capabilities,
      noNewPrivileges: false,
      oomScoreAdj: oomScoreAdjustment,
    },
    root: { path: 'rootfs', readonly: true },
    ...(netns !== undefined && config.hostname !== '' && { hostname: config.hostname }),
    mounts: mergeMounts(usualMounts(false), sandboxMounts(id, config)),
    annotations: sandboxAnnotations(id, config),
    linux: {
      namespaces: namespacesOf(config, netns),
      cgroupsPath: cgroupsPath(config.linux?.cgroupParent ?? '', id),
      resources: { devices: usualDeviceRules, cpu: { shares: cpuShares } },
      ...(Object.keys(sysctls).length > 0 && { sysctl: { ...sysctls } }),
      ...(seccomp && { seccomp }),
    },
  };
}

function userOf({ config, image, accounts }: SandboxSpecParts): RuntimeSpec['process']['user'] {
  const security = config.linux?.securityContext;
  return resolveUser(
    {
      runAsUser: security?.runAsUser,
      runAsGroup: security?.runAsGroup,
      runAsUsername: '',
      imageUser: image.User ?? '',
      supplementalGroups: security?.supplementalGroups ?? [],
      policy: SupplementalGroupsPolicy.Strict,
    },
    accounts,
  );
}

function namespacesOf(
  config: PodSandboxConfig,
  netns: string | undefined,
): RuntimeSpec['linux']['namespaces'] {
  const options = config.linux?.securityContext?.namespaceOptions;
  const own: { type: NamespaceType; path?: string }[] = [{ type: 'mount' }, { type: 'cgroup' }];
  if (options?.pid !== NamespaceMode.NODE) own.push({ type: 'pid' });
  if (options?.ipc !== NamespaceMode.NODE) own.push({ type: 'ipc' });
  if (netns !== undefined) own.push({ type: 'uts' }, { type: 'network', path: netns });
  return own;
}

function sandboxMounts(id: string, config: PodSandboxConfig): RuntimeSpec['mounts'] {
  const options = ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'];
  return [
    { destination: '/dev/shm', type: 'bind', source: shmOf(id, config), options },
    {
      destination: '/etc/resolv.conf',
      type: 'bind',
      source: `${sandboxDirectory(id)}/resolv.conf`,
      options,
    },
  ];
}

/** Shared memory of the pod, or the node's. */
export function shmOf(id: string, config: PodSandboxConfig): string {
  const ipc = config.linux?.securityContext?.namespaceOptions?.ipc;
  return ipc === NamespaceMode.NODE ? '/dev/shm' : `${sandboxDirectory(id)}/shm`;
}

/** containerd, internal/cri/annotations */
function sandboxAnnotations(id: string, { metadata }: PodSandboxConfig): Record<string, string> {
  return {
    'io.kubernetes.cri.container-type': 'sandbox',
    'io.kubernetes.cri.sandbox-id': id,
    'io.kubernetes.cri.sandbox-name': metadata?.name ?? '',
    'io.kubernetes.cri.sandbox-namespace': metadata?.namespace ?? '',
    'io.kubernetes.cri.sandbox-uid': metadata?.uid ?? '',
  };
}
