import { SandglassError } from '#base/errors.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import {
  type ContainerConfig,
  NamespaceMode,
  type PodSandboxConfig,
  SupplementalGroupsPolicy,
} from '#kube/cri/api_pb.ts';
import type { NamespaceType, ProcessSpec, RuntimeSpec } from '#oci/runtime-spec.ts';
import type { ImageConfig } from '#cri/ports.ts';
import { sandboxDirectory } from '#cri/sandbox-record.ts';
import { resolveCapabilities } from './capabilities.ts';
import { containerDevices } from './devices.ts';
import { bindMounts, clean, mergeMounts, usualMounts } from './mounts.ts';
import { resourcesOf } from './resources.ts';
import { shmOf } from './sandbox-spec.ts';
import { defaultSeccompProfile } from './seccomp-profile.ts';
import { refuseAppArmor, seccompOf } from './security.ts';
import { refuseUnsupportedContainer } from './unsupported.ts';
import { type AccountFiles, resolveUser } from './users.ts';

export const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface ContainerSpecParts {
  id: string;
  config: ContainerConfig;
  sandboxId: string;
  sandboxConfig: PodSandboxConfig;
  /** Of the pause container. */
  sandboxPid: number;
  /** Of the container whose processes it shall see, with NamespaceMode.TARGET. */
  targetPid: number | undefined;
  image: ImageConfig;
  imageName: string;
  accounts: AccountFiles;
  /** The node's own, for a pod that has none. */
  hostname: string;
  recursiveReadOnly: boolean;
  agent: AgentClient;
}

/** containerd, internal/cri/server/container_create.go, buildLinuxSpec */
export async function containerSpec(parts: ContainerSpecParts): Promise<RuntimeSpec> {
  const { id, config, sandboxConfig, agent } = parts;
  const security = config.linux?.securityContext;
  const privileged = security?.privileged ?? false;
  if (privileged && sandboxConfig.linux?.securityContext?.privileged !== true) {
    throw new SandglassError('unknown', 'no privileged container allowed in sandbox');
  }
  refuseUnsupportedContainer(config);
  // Old clients know no other field.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  refuseAppArmor(security?.apparmor, security?.apparmorProfile);
  const capabilities = resolveCapabilities(security?.capabilities, privileged);
  const bind = await bindMounts([...config.mounts], {
    agent,
    recursiveReadOnly: parts.recursiveReadOnly,
  });
  const seccomp = await seccompOf(
    security?.seccomp,
    privileged,
    () => defaultSeccompProfile(capabilities.bounding),
    agent,
  );
  const { devices, rules } = await containerDevices(config.devices, privileged, agent);
  return {
    ociVersion: '1.0.2',
    process: processOf(parts, capabilities),
    root: { path: 'rootfs', readonly: security?.readonlyRootfs ?? false },
    mounts: mergeMounts(usualMounts(privileged), [...podMounts(parts), ...bind.mounts]),
    annotations: annotationsOf(parts),
    linux: {
      namespaces: namespacesOf(parts),
      cgroupsPath: cgroupsPath(sandboxConfig.linux?.cgroupParent ?? '', id),
      resources: { devices: rules, ...resourcesOf(config.linux?.resources) },
      ...(devices.length > 0 && { devices }),
      maskedPaths: privileged ? [] : [...(security?.maskedPaths ?? [])],
      readonlyPaths: privileged ? [] : [...(security?.readonlyPaths ?? [])],
      ...(bind.rootfsPropagation && { rootfsPropagation: bind.rootfsPropagation }),
      ...(seccomp && { seccomp }),
    },
  };
}

function processOf(
  parts: ContainerSpecParts,
  capabilities: ProcessSpec['capabilities'],
): ProcessSpec {
  const { config, image, accounts } = parts;
  const security = config.linux?.securityContext;
  return {
    terminal: config.tty,
    user: resolveUser(
      {
        runAsUser: security?.runAsUser,
        runAsGroup: security?.runAsGroup,
        runAsUsername: security?.runAsUsername ?? '',
        imageUser: image.User ?? '',
        supplementalGroups: security?.supplementalGroups ?? [],
        policy: security?.supplementalGroupsPolicy ?? SupplementalGroupsPolicy.Merge,
      },
      accounts,
    ),
    args: argumentsOf(config, image),
    env: environmentOf(parts),
    cwd: config.workingDir || image.WorkingDir || '/',
    capabilities,
    noNewPrivileges: security?.noNewPrivs ?? false,
    oomScoreAdj: Number(config.linux?.resources?.oomScoreAdj ?? 0n),
  };
}

/** A command of its own takes the place of the image's entrypoint and command, arguments of the command. */
function argumentsOf({ command, args }: ContainerConfig, image: ImageConfig): string[] {
  const ownCommand = command.length > 0;
  const first = ownCommand ? command : (image.Entrypoint ?? []);
  const rest = args.length > 0 || ownCommand ? args : (image.Cmd ?? []);
  const whole = [...first, ...rest];
  if (whole.length === 0) throw new SandglassError('unknown', 'no command specified');
  return whole;
}

/** Later ones take the place of earlier ones with the same name. */
function environmentOf({ config, image, sandboxConfig, hostname }: ContainerSpecParts): string[] {
  const variables = new Map<string, string>();
  const set = (text: string) => variables.set(text.split('=', 1)[0] ?? text, text);
  set(defaultPath);
  if (config.tty) set('TERM=xterm');
  set(`HOSTNAME=${sandboxConfig.hostname || hostname}`);
  for (const text of image.Env ?? []) set(text);
  for (const { key, value } of config.envs) set(`${key}=${new TextDecoder().decode(value)}`);
  return [...variables.values()];
}

function namespacesOf(parts: ContainerSpecParts): RuntimeSpec['linux']['namespaces'] {
  const { config, sandboxPid, targetPid } = parts;
  const security = config.linux?.securityContext;
  const of = (type: NamespaceType, file: string, pid = sandboxPid) => ({
    type,
    path: `/proc/${pid}/ns/${file}`,
  });
  const shared = [of('network', 'net'), of('ipc', 'ipc'), of('uts', 'uts')];
  const pid =
    security?.namespaceOptions?.pid === NamespaceMode.CONTAINER
      ? { type: 'pid' as const }
      : of('pid', 'pid', targetPid ?? sandboxPid);
  const cgroup = security?.privileged === true ? [] : [{ type: 'cgroup' as const }];
  return [{ type: 'mount' }, pid, ...shared, ...cgroup];
}

/** What the sandbox gives to each of its containers, unless they bring their own. */
function podMounts(parts: ContainerSpecParts): RuntimeSpec['mounts'] {
  const { config, sandboxId, sandboxConfig } = parts;
  const taken = new Set(config.mounts.map(({ containerPath }) => clean(containerPath)));
  const access = config.linux?.securityContext?.readonlyRootfs === true ? 'ro' : 'rw';
  const directory = sandboxDirectory(sandboxId);
  const offered = [
    { destination: '/etc/hostname', source: `${directory}/hostname`, access },
    { destination: '/etc/hosts', source: `${directory}/hosts`, access },
    { destination: '/etc/resolv.conf', source: `${directory}/resolv.conf`, access },
    { destination: '/dev/shm', source: shmOf(sandboxId, sandboxConfig), access: 'rw' },
  ];
  return offered
    .filter(({ destination }) => !taken.has(destination))
    .map(({ destination, source, access: how }) => ({
      destination,
      source,
      type: 'bind',
      options: ['rbind', 'rprivate', how],
    }));
}

/** containerd, internal/cri/annotations */
function annotationsOf(parts: ContainerSpecParts): Record<string, string> {
  const { config, sandboxId, sandboxConfig, imageName } = parts;
  return {
    'io.kubernetes.cri.container-name': config.metadata?.name ?? '',
    'io.kubernetes.cri.container-type': 'container',
    'io.kubernetes.cri.image-name': imageName,
    'io.kubernetes.cri.sandbox-id': sandboxId,
    'io.kubernetes.cri.sandbox-name': sandboxConfig.metadata?.name ?? '',
    'io.kubernetes.cri.sandbox-namespace': sandboxConfig.metadata?.namespace ?? '',
    'io.kubernetes.cri.sandbox-uid': sandboxConfig.metadata?.uid ?? '',
  };
}

/** Below the pod's cgroup; below one of the runtime's own if nobody says which. */
export function cgroupsPath(parent: string, id: string): string {
  return clean(`${parent === '' ? '/sandglass' : parent}/${id}`);
}
