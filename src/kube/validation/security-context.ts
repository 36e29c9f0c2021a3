import type {
  AppArmorProfile,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from '#kube/types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldError,
} from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { byteLength, isUserId } from './names.ts';
import { invalidEach } from './labels.ts';
import { validateLocalDescendingPath } from './paths.ts';

/** upstream: ValidateSecurityContext. Privileged containers are allowed, as kubeadm's API server allows them. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: FieldPath,
): FieldError[] {
  if (!context) return [];
  return [
    ...validateIds(context, ['runAsUser', 'runAsGroup'], path),
    ...validateProcMount(context.procMount, hostUsers, path.child('procMount')),
    ...validateSeccompProfile(context.seccompProfile, path.child('seccompProfile')),
    ...validateEscalation(context, path),
    ...validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile')),
  ];
}

function validateIds<Field extends string>(
  context: Partial<Record<Field, unknown>>,
  fields: readonly Field[],
  path: FieldPath,
): FieldError[] {
  return fields.flatMap((field) => {
    const id = context[field];
    return typeof id === 'number' ? invalidEach(path.child(field), id, isUserId(id)) : [];
  });
}

function validateProcMount(
  procMount: string | undefined,
  hostUsers: boolean,
  path: FieldPath,
): FieldError[] {
  if (procMount === undefined || procMount === 'Default') return [];
  if (procMount !== 'Unmasked') return [notSupported(path, procMount, ['Default', 'Unmasked'])];
  const detail = '`hostUsers` must be false to use `Unmasked`';
  return hostUsers ? [invalid(path, procMount, detail)] : [];
}

function validateEscalation(context: SecurityContext, path: FieldPath): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
  if (context.privileged === true) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalid(path, context, detail));
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    const detail =
      'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalid(path, context, detail));
  }
  return errors;
}

const profileTypes: readonly string[] = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccompProfile(
  profile: SeccompProfile | undefined,
  path: FieldPath,
): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const at = path.child('localhostProfile');
  const errors: FieldError[] = [];
  if (type === '') {
    errors.push(required(path.child('type'), 'type is required when seccompProfile is set'));
  } else if (!profileTypes.includes(type)) {
    errors.push(notSupported(path.child('type'), type, profileTypes));
  }
  if (type !== 'Localhost') {
    const detail = 'can only be set when seccomp type is Localhost';
    return localhostProfile === undefined ? errors : [...errors, invalid(at, profile, detail)];
  }
  return localhostProfile === undefined
    ? [...errors, required(at, 'must be set when seccomp type is Localhost')]
    : [...errors, ...validateLocalDescendingPath(localhostProfile, at)];
}

/** PATH_MAX without its end. */
const maxProfileLength = 4095;

function validateAppArmorProfile(
  profile: AppArmorProfile | undefined,
  path: FieldPath,
): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const at = path.child('localhostProfile');
  switch (type) {
    case 'Localhost':
      return validateLocalhostProfile(localhostProfile, at);
    case 'RuntimeDefault':
    case 'Unconfined': {
      const detail = 'can only be set when AppArmor type is Localhost';
      return localhostProfile === undefined ? [] : [invalid(at, localhostProfile, detail)];
    }
    case '':
      return [required(path.child('type'), 'type is required when appArmorProfile is set')];
    default:
      return [notSupported(path.child('type'), type, profileTypes)];
  }
}

function validateLocalhostProfile(profile: string | undefined, path: FieldPath): FieldError[] {
  if (profile === undefined || profile === '') {
    return [required(path, 'must be set when AppArmor type is Localhost')];
  }
  return [
    ...(profile.trim() === profile
      ? []
      : [invalid(path, profile, 'must not be padded with whitespace')]),
    ...(byteLength(profile) > maxProfileLength ? [tooLong(path, maxProfileLength)] : []),
  ];
}

const groupsPolicies: readonly string[] = ['Merge', 'Strict'];
const fsGroupPolicies: readonly string[] = ['Always', 'OnRootMismatch'];
const seLinuxPolicies: readonly string[] = ['MountOption', 'Recursive'];

/** upstream: validatePodSpecSecurityContext, validateHostUsers. */
export function validatePodSecurityContext(spec: PodSpec, path: FieldPath): FieldError[] {
  const context = spec.securityContext ?? {};
  const at = path.child('securityContext');
  const { supplementalGroups = [], sysctls = [] } = context;
  const errors = [
    ...validateIds(context, ['fsGroup', 'runAsUser', 'runAsGroup'], at),
    ...supplementalGroups.flatMap((id, index) =>
      invalidEach(at.child('supplementalGroups').index(index), id, isUserId(id)),
    ),
  ];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(at.child('shareProcessNamespace'), true, detail));
  }
  return [
    ...errors,
    ...validateSysctls(sysctls, spec, at.child('sysctls')),
    ...oneOf(context.fsGroupChangePolicy, fsGroupPolicies, at.child('fsGroupChangePolicy')),
    ...validateSeccompProfile(context.seccompProfile, at.child('seccompProfile')),
    ...validateAppArmorProfile(context.appArmorProfile, at.child('appArmorProfile')),
    ...oneOf(
      context.supplementalGroupsPolicy,
      groupsPolicies,
      at.child('supplementalGroupsPolicy'),
    ),
    ...oneOf(context.seLinuxChangePolicy, seLinuxPolicies, at.child('seLinuxChangePolicy')),
  ];
}

function oneOf(
  value: string | undefined,
  supported: readonly string[],
  path: FieldPath,
): FieldError[] {
  return value === undefined || supported.includes(value)
    ? []
    : [notSupported(path, value, supported)];
}

export function validateHostUsers(spec: PodSpec, path: FieldPath): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = 'when `pod.Spec.HostUsers` is false';
  return [
    ...(spec.hostNetwork === true ? [forbidden(path.child('hostNetwork'), detail)] : []),
    ...(spec.hostPID === true ? [forbidden(path.child('HostPID'), detail)] : []),
    ...(spec.hostIPC === true ? [forbidden(path.child('HostIPC'), detail)] : []),
  ];
}

const sysctlPattern = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlName = new RegExp(`^${sysctlPattern}$`);
const maxSysctlLength = 253;

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: FieldPath): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name }, index) => {
    const at = path.index(index).child('name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at));
    else if (name.length > maxSysctlLength || !sysctlName.test(name)) {
      const detail = `must have at most ${maxSysctlLength} characters and match regex ^${sysctlPattern}$`;
      errors.push(invalid(at, name, detail));
    } else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return [...errors, ...validateHostSysctl(name, spec, at)];
  });
}

const ipcSysctls: ReadonlySet<string> = new Set(['kernel.sem']);

/** A pod in the host's namespace must not change what is the host's (component-helpers, node/util/sysctl/namespace.go). */
function validateHostSysctl(name: string, spec: PodSpec, path: FieldPath): FieldError[] {
  const dotted = name.includes('/') && !/^[^/]*\./.test(name) ? name.replaceAll('/', '.') : name;
  if (spec.hostNetwork === true && dotted.startsWith('net.')) {
    return [invalid(path, name, "may not be specified when 'hostNetwork' is true")];
  }
  const isIpc = ipcSysctls.has(dotted) || /^(kernel\.(shm|msg)|fs\.mqueue\.)/.test(dotted);
  return spec.hostIPC === true && isIpc
    ? [invalid(path, name, "may not be specified when 'hostIPC' is true")]
    : [];
}
