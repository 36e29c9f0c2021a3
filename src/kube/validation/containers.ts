import { isRestartableInitContainer, mainContainers } from '#kube/containers.ts';
import type {
  Container,
  ContainerPort,
  ContainerRestartRule,
  PodSpec,
  Volume,
} from '#kube/types.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
  tooMany,
  type FieldError,
} from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { validateLifecycle, validateLivenessProbe, validateReadinessProbe } from './handlers.ts';
import { validateVolumeDevices, validateVolumeMounts } from './mounts.ts';
import { isDNS1123Label, isPortName, isPortNumber } from './names.ts';
import { invalidEach } from './labels.ts';
import { validateContainerResources } from './resource-requirements.ts';
import { validateSecurityContext } from './security-context.ts';

/** What containers are checked against. */
export interface PodContext {
  spec: PodSpec;
  volumes: ReadonlyMap<string, Volume>;
}

/** upstream: validateContainers. */
export function validateContainers(context: PodContext, path: FieldPath): FieldError[] {
  const containers = mainContainers(context.spec);
  if (containers.length === 0) return [required(path)];
  const names = new Set<string>();
  const errors = containers.flatMap((container, index) => {
    const at = path.index(index);
    const found = validateContainer(container, context, at);
    if (names.has(container.name)) found.push(duplicate(at.child('name'), container.name));
    names.add(container.name);
    return [
      ...found,
      ...validateRuntimeHooks(container, context.spec, at),
      ...validateContainerRestartPolicy(container, at),
    ];
  });
  return [...errors, ...validateHostPorts(containers, path, new Set())];
}

/** upstream: validateInitContainers. */
export function validateInitContainers(context: PodContext, path: FieldPath): FieldError[] {
  const names = new Set(mainContainers(context.spec).map(({ name }) => name));
  return (context.spec.initContainers ?? []).flatMap((container, index) => {
    const at = path.index(index);
    const errors = [
      ...validateContainer(container, context, at),
      ...validateContainerRestartPolicy(container, at),
    ];
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name));
    else if (container.name !== '') names.add(container.name);
    errors.push(...validateHostPorts([container], path, new Set()));
    if (isRestartableInitContainer(container)) {
      return [...errors, ...validateRuntimeHooks(container, context.spec, at)];
    }
    const detail = 'may not be set for init containers without restartPolicy=Always';
    const fields = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;
    const set = fields.filter((field) => container[field] !== undefined);
    return [...errors, ...set.map((field) => forbidden(at.child(field), detail))];
  });
}

const ephemeralForbidden = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

/** upstream: validateEphemeralContainers; they come by their own subresource, which is not served yet. */
export function validateEphemeralContainers(context: PodContext, path: FieldPath): FieldError[] {
  const { spec } = context;
  const others = [...mainContainers(spec), ...(spec.initContainers ?? [])];
  const otherNames = new Set(others.map(({ name }) => name));
  const names = new Set(otherNames);
  const detail = 'cannot be set for an Ephemeral Container';
  return (spec.ephemeralContainers ?? []).flatMap((container, index) => {
    const at = path.index(index);
    const errors = validateContainer(container, context, at);
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name));
    names.add(container.name);
    const target = container.targetContainerName ?? '';
    if (target !== '' && !otherNames.has(target)) {
      errors.push(notFoundValue(at.child('targetContainerName'), target));
    }
    const set = ephemeralForbidden.filter((field) => container[field] !== undefined);
    return [...errors, ...set.map((field) => forbidden(at.child(field), detail))];
  });
}

/** What holds for a container of any kind (upstream: validateContainerCommon, validateContainerOnlyForPod). */
function validateContainer(
  container: Container,
  { spec, volumes }: PodContext,
  path: FieldPath,
): FieldError[] {
  const { name, image = '' } = container;
  const claims = new Set((spec.resourceClaims ?? []).map((claim) => claim.name));
  return [
    ...(name === ''
      ? [required(path.child('name'))]
      : invalidEach(path.child('name'), name, isDNS1123Label(name))),
    ...(image === '' ? [required(path.child('image'))] : []),
    ...(image.trim() === image
      ? []
      : [invalid(path.child('image'), image, 'must not have leading or trailing whitespace')]),
    ...oneOf(
      container.terminationMessagePolicy,
      ['File', 'FallbackToLogsOnError'],
      path.child('terminationMessagePolicy'),
    ),
    ...validatePorts(container.ports ?? [], path.child('ports')),
    ...validateEnv(container.env ?? [], path.child('env')),
    ...validateEnvFrom(container.envFrom ?? [], path.child('envFrom')),
    ...validateVolumeMounts(container, volumes, path.child('volumeMounts')),
    ...validateVolumeDevices(container, volumes, path.child('volumeDevices')),
    ...oneOf(
      container.imagePullPolicy,
      ['Always', 'IfNotPresent', 'Never'],
      path.child('imagePullPolicy'),
    ),
    ...validateContainerResources(container.resources ?? {}, claims, path.child('resources')),
    ...validateResizePolicy(container, spec, path.child('resizePolicy')),
    ...validateSecurityContext(
      container.securityContext,
      spec.hostUsers !== false,
      path.child('securityContext'),
    ),
  ];
}

/** A value that defaulting has seen to, so that none is an error too. */
export function oneOf(
  value: string | undefined,
  supported: readonly string[],
  path: FieldPath,
): FieldError[] {
  if (value === undefined || value === '') return [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

function validateRuntimeHooks(container: Container, spec: PodSpec, path: FieldPath): FieldError[] {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  const period = spec.terminationGracePeriodSeconds;
  return [
    ...(lifecycle ? validateLifecycle(lifecycle, period, path.child('lifecycle')) : []),
    ...validateLivenessProbe(livenessProbe, path.child('livenessProbe')),
    ...validateReadinessProbe(readinessProbe, path.child('readinessProbe')),
    ...validateLivenessProbe(startupProbe, path.child('startupProbe')),
  ];
}

const maxRestartRules = 20;
const maxExitCodes = 255;

/** upstream: validateContainerRestartPolicy, of KEP-5307. */
function validateContainerRestartPolicy(container: Container, path: FieldPath): FieldError[] {
  const { restartPolicy, restartPolicyRules = [] } = container;
  const errors: FieldError[] = [];
  const at = path.child('restartPolicy');
  if (restartPolicy !== undefined && !['Always', 'Never', 'OnFailure'].includes(restartPolicy)) {
    errors.push(notSupported(at, restartPolicy, ['Always', 'Never', 'OnFailure']));
  }
  if (restartPolicy === undefined && restartPolicyRules.length > 0) {
    errors.push(required(at, 'must specify restartPolicy when restart rules are used'));
  }
  const rulesPath = path.child('restartPolicyRules');
  if (restartPolicyRules.length > maxRestartRules) {
    errors.push(tooMany(rulesPath, restartPolicyRules.length, maxRestartRules));
  }
  return [
    ...errors,
    ...restartPolicyRules.flatMap((rule, index) =>
      validateRestartRule(rule, rulesPath.index(index)),
    ),
  ];
}

function validateRestartRule(
  { action, exitCodes }: ContainerRestartRule,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (action !== 'Restart') errors.push(notSupported(path.child('action'), action, ['Restart']));
  if (!exitCodes) return [...errors, required(path.child('exitCodes'), 'must be specified')];
  const { operator, values = [] } = exitCodes;
  const at = path.child('exitCodes');
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(notSupported(at.child('operator'), operator, ['In', 'NotIn']));
  }
  if (values.length > maxExitCodes) {
    errors.push(tooMany(at.child('values'), values.length, maxExitCodes));
  }
  return errors;
}

function validatePorts(ports: readonly ContainerPort[], path: FieldPath): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name = '', containerPort, hostPort = 0, protocol }, index) => {
    const at = path.index(index);
    const errors: FieldError[] = [];
    if (name !== '') {
      const problems = isPortName(name);
      errors.push(...invalidEach(at.child('name'), name, problems));
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(at.child('name'), name));
      names.add(name);
    }
    const portPath = at.child('containerPort');
    return [
      ...errors,
      ...(containerPort === 0
        ? [required(portPath)]
        : invalidEach(portPath, containerPort, isPortNumber(containerPort))),
      ...(hostPort === 0
        ? []
        : invalidEach(at.child('hostPort'), hostPort, isPortNumber(hostPort))),
      ...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], at.child('protocol')),
    ];
  });
}

/** No two containers take the same port of the node. */
function validateHostPorts(
  containers: readonly Container[],
  path: FieldPath,
  taken: Set<string>,
): FieldError[] {
  return containers.flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ hostPort = 0, protocol = '', hostIP = '' }, portIndex) => {
      if (hostPort === 0) return [];
      const key = `${protocol}/${hostIP}/${hostPort}`;
      const isTaken = taken.has(key);
      taken.add(key);
      const at = path.index(index).child('ports').index(portIndex).child('hostPort');
      return isTaken ? [duplicate(at, key)] : [];
    }),
  );
}

const resizePolicies: readonly string[] = ['NotRequired', 'RestartContainer'];

function validateResizePolicy(
  { resizePolicy = [] }: Container,
  { restartPolicy: podRestartPolicy }: PodSpec,
  path: FieldPath,
): FieldError[] {
  const seen = new Set<string>();
  return resizePolicy.flatMap(({ resourceName, restartPolicy }, index) => {
    const errors = seen.has(resourceName) ? [duplicate(path.index(index), resourceName)] : [];
    seen.add(resourceName);
    errors.push(...oneOf(resourceName, ['cpu', 'memory'], path));
    errors.push(...oneOf(restartPolicy, resizePolicies, path));
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      const detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
      errors.push(invalid(path, restartPolicy, detail));
    }
    return errors;
  });
}
