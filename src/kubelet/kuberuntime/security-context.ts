import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type LinuxContainerSecurityContextSchema,
  type LinuxSandboxSecurityContextSchema,
  NamespaceMode,
  type NamespaceOptionSchema,
  SecurityProfile_ProfileType as ProfileType,
  type SecurityProfileSchema,
  SupplementalGroupsPolicy,
} from '#kube/cri/api_pb.ts';
import type {
  AppArmorProfile,
  Container,
  Pod,
  SeccompProfile,
  SecurityContext,
} from '#kube/types.ts';
import type { EnsuredImage } from '#kubelet/images/image-manager.ts';
import { formatPod } from '#kubelet/pod-facts.ts';

type SecurityProfileInit = MessageInitShape<typeof SecurityProfileSchema>;

/** Under the kubelet's root directory (pkg/kubelet/config/defaults.go and flags). */
export const seccompProfilesRoot = '/var/lib/kubelet/seccomp';

/** pkg/securitycontext/util.go */
const defaultMaskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const defaultReadonlyPaths = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** pkg/kubelet/util/util.go, NamespacesForPod */
export function namespacesOf(pod: Pod): MessageInitShape<typeof NamespaceOptionSchema> {
  const { hostIPC, hostNetwork, hostPID, shareProcessNamespace } = pod.spec ?? {};
  const pid = hostPID
    ? NamespaceMode.NODE
    : shareProcessNamespace
      ? NamespaceMode.POD
      : NamespaceMode.CONTAINER;
  return {
    ipc: hostIPC ? NamespaceMode.NODE : NamespaceMode.POD,
    network: hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD,
    pid,
  };
}

export function sandboxSecurityContext(
  pod: Pod,
): MessageInitShape<typeof LinuxSandboxSecurityContextSchema> {
  const context = pod.spec?.securityContext;
  return {
    namespaceOptions: namespacesOf(pod),
    privileged: hasPrivilegedContainer(pod),
    seccomp: { profileType: ProfileType.RuntimeDefault },
    supplementalGroups: supplementalGroupsOf(pod, []),
    supplementalGroupsPolicy: groupsPolicyOf(pod),
    ...(context?.runAsUser !== undefined && { runAsUser: { value: BigInt(context.runAsUser) } }),
    ...(context?.runAsGroup !== undefined && { runAsGroup: { value: BigInt(context.runAsGroup) } }),
    ...(context?.seLinuxOptions && { selinuxOptions: { ...context.seLinuxOptions } }),
  };
}

/** The container's own context with the pod's where it says nothing (pkg/kubelet/kuberuntime/security_context.go). */
export function containerSecurityContext(
  pod: Pod,
  container: Container,
  image: EnsuredImage,
  volumeGroups: readonly number[],
): MessageInitShape<typeof LinuxContainerSecurityContextSchema> {
  const effective = effectiveSecurityContext(pod, container);
  const { runAsUser, runAsGroup, capabilities, seLinuxOptions } = effective;
  const unmasked = effective.procMount === 'Unmasked';
  const appArmor = effective.appArmorProfile;
  return {
    namespaceOptions: namespacesOf(pod),
    seccomp: seccompProfile(effective.seccompProfile),
    ...(appArmor && { apparmor: profile(appArmor, '') }),
    privileged: effective.privileged ?? false,
    readonlyRootfs: effective.readOnlyRootFilesystem ?? false,
    noNewPrivs: effective.allowPrivilegeEscalation === false,
    supplementalGroups: supplementalGroupsOf(pod, volumeGroups),
    supplementalGroupsPolicy: groupsPolicyOf(pod),
    maskedPaths: unmasked ? [] : defaultMaskedPaths,
    readonlyPaths: unmasked ? [] : defaultReadonlyPaths,
    ...(capabilities && {
      capabilities: {
        addCapabilities: capabilities.add ?? [],
        dropCapabilities: capabilities.drop ?? [],
      },
    }),
    ...(seLinuxOptions && { selinuxOptions: { ...seLinuxOptions } }),
    ...userOf(runAsUser, image),
    ...(runAsGroup !== undefined && { runAsGroup: { value: BigInt(runAsGroup) } }),
  };
}

/** pkg/securitycontext/util.go, DetermineEffectiveSecurityContext */
export function effectiveSecurityContext(pod: Pod, container: Container): SecurityContext {
  const { runAsUser, runAsGroup, runAsNonRoot, seLinuxOptions, seccompProfile, appArmorProfile } =
    pod.spec?.securityContext ?? {};
  return {
    ...(runAsUser !== undefined && { runAsUser }),
    ...(runAsGroup !== undefined && { runAsGroup }),
    ...(runAsNonRoot !== undefined && { runAsNonRoot }),
    ...(seLinuxOptions && { seLinuxOptions }),
    ...(seccompProfile && { seccompProfile }),
    ...(appArmorProfile && { appArmorProfile }),
    ...container.securityContext,
  };
}

/** Undefined if the container may start; else why not (verifyRunAsNonRoot). */
export function runAsNonRootViolation(
  pod: Pod,
  container: Container,
  image: EnsuredImage,
): string | undefined {
  const { runAsNonRoot, runAsUser } = effectiveSecurityContext(pod, container);
  if (!runAsNonRoot) return undefined;
  const where = `(pod: "${formatPod(pod)}", container: ${container.name})`;
  if (runAsUser !== undefined) {
    return runAsUser === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  }
  const { user } = image;
  if (user && 'username' in user) {
    return `container has runAsNonRoot and image has non-numeric user (${user.username}), cannot verify user is non-root ${where}`;
  }
  return user === undefined || user.uid === 0
    ? `container has runAsNonRoot and image will run as root ${where}`
    : undefined;
}

function userOf(runAsUser: number | undefined, { user }: EnsuredImage) {
  if (runAsUser !== undefined) return { runAsUser: { value: BigInt(runAsUser) } };
  if (!user) return {};
  return 'uid' in user
    ? { runAsUser: { value: BigInt(user.uid) } }
    : { runAsUsername: user.username };
}

function seccompProfile(wanted: SeccompProfile | undefined): SecurityProfileInit {
  // Without a profile there is no confinement, unless the kubelet is started with --seccomp-default.
  return wanted
    ? profile(wanted, `${seccompProfilesRoot}/`)
    : { profileType: ProfileType.Unconfined };
}

function profile(
  { type, localhostProfile }: SeccompProfile | AppArmorProfile,
  root: string,
): SecurityProfileInit {
  if (type === 'Localhost') {
    return { profileType: ProfileType.Localhost, localhostRef: `${root}${localhostProfile ?? ''}` };
  }
  return {
    profileType: type === 'RuntimeDefault' ? ProfileType.RuntimeDefault : ProfileType.Unconfined,
  };
}

function supplementalGroupsOf(pod: Pod, volumeGroups: readonly number[]): bigint[] {
  const { fsGroup, supplementalGroups = [] } = pod.spec?.securityContext ?? {};
  const groups = [
    ...(fsGroup === undefined ? [] : [fsGroup]),
    ...supplementalGroups,
    ...volumeGroups,
  ];
  return [...new Set(groups)].map(BigInt);
}

function groupsPolicyOf(pod: Pod): SupplementalGroupsPolicy {
  return pod.spec?.securityContext?.supplementalGroupsPolicy === 'Strict'
    ? SupplementalGroupsPolicy.Strict
    : SupplementalGroupsPolicy.Merge;
}

function hasPrivilegedContainer(pod: Pod): boolean {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers.some(({ securityContext }) => securityContext?.privileged === true);
}
