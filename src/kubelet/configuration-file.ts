import { SandglassError, asSandglassError } from '#base/errors.ts';
import { parseDuration } from '#kube/go-duration.ts';
import { quote } from '#kube/go-text.ts';
import { type Quantity, parseQuantity } from '#kube/quantity.ts';
import { type ParsedBody, parseBody } from '#kube/schema/decode.ts';
import { CpuSet } from './cm/cpumanager/cpuset.ts';
import type { KubeletConfiguration } from './configuration.ts';
import { kubeletRoot } from './pod-directories.ts';
import type { NodeFiles } from './ports.ts';

/** Where kubeadm puts it (cmd/kubeadm/app/constants/constants.go). */
export const configurationFile = `${kubeletRoot}/config.yaml`;

const apiVersion = 'kubelet.config.k8s.io/v1beta1';
const kind = 'KubeletConfiguration';

type Settings = Partial<KubeletConfiguration>;

/** The node's configuration file; undefined where there is none. */
export async function readConfigurationFile(
  files: NodeFiles,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await files.readText(configurationFile, { signal });
  } catch (error) {
    if (asSandglassError(error).code === 'not-found') return undefined;
    throw error;
  }
}

/**
 * What the text of the file sets. Unlike upstream, which only logs what it does not know of a file of v1beta1, this
 * refuses it: throws `invalid-argument` with what is wrong with the file.
 */
export function loadConfiguration(text: string): Settings {
  try {
    return parseConfiguration(text);
  } catch (error) {
    const { code, message } = asSandglassError(error);
    throw new SandglassError(
      code,
      `failed to load kubelet config file, path: ${configurationFile}, error: ${message}`,
    );
  }
}

function parseConfiguration(text: string): Settings {
  const { value, strictErrors } = parseBody(text, 'yaml');
  if (!isMap(value)) throw invalid("Object 'Kind' is missing");
  const [its, version] = [value['kind'] ?? '', value['apiVersion'] ?? ''];
  if (its !== kind || version !== apiVersion) {
    throw invalid(
      `no kind ${JSON.stringify(its)} is registered for version ${JSON.stringify(version)}: it has to be ${kind} of ${apiVersion}`,
    );
  }
  refuseUnknown(value, strictErrors);
  const settings: Settings = {};
  for (const [field, setting] of Object.entries(value)) {
    // What is null counts as not set.
    if (!isField(field) || setting === null) continue;
    Object.assign(settings, { [field]: readers[field](setting, field) });
  }
  // apis/config/v1beta1/defaults.go: whoever says how often to look means how often to tell, too.
  if (settings.nodeStatusUpdateFrequency !== undefined) {
    settings.nodeStatusReportFrequency ??= settings.nodeStatusUpdateFrequency;
  }
  const problems = validateConfiguration(settings);
  if (problems.length > 0) {
    throw invalid(problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
  }
  return withReservedCpus(settings);
}

function refuseUnknown(value: object, strictErrors: ParsedBody['strictErrors']): void {
  const unknown = Object.keys(value)
    .filter((field) => !isField(field) && field !== 'apiVersion' && field !== 'kind')
    .map((field) => `unknown field ${quote(field)}`);
  const problems = [...strictErrors, ...unknown];
  if (problems.length > 0) throw invalid(`strict decoding error: ${problems.join(', ')}`);
}

/** CPUs set aside by number are what is reserved of them (cmd/kubelet/app/server.go, run). */
function withReservedCpus(settings: Settings): Settings {
  const { size } = CpuSet.parse(settings.reservedSystemCPUs ?? '');
  if (size === 0) return settings;
  return { ...settings, systemReserved: { ...settings.systemReserved, cpu: String(size) } };
}

type Reader = (value: unknown, field: string) => unknown;
/** All that the file may set; labels of the node are a flag upstream, not a field. */
type Field = Exclude<keyof KubeletConfiguration, 'nodeLabels'>;

const readers: Readonly<Record<Field, Reader>> = {
  staticPodPath: text,
  clusterDNS: (value, field) => {
    if (!Array.isArray(value)) throw wrongType(value, field, 'a list of addresses');
    return value.map((address, index) => text(address, `${field}[${index}]`));
  },
  clusterDomain: text,
  resolvConf: text,
  serializeImagePulls: (value, field) => {
    if (typeof value !== 'boolean') throw wrongType(value, field, 'true or false');
    return value;
  },
  maxParallelImagePulls: integer,
  maxPods: integer,
  nodeStatusUpdateFrequency: duration,
  nodeStatusReportFrequency: duration,
  nodeLeaseDurationSeconds: integer,
  cpuManagerPolicy: text,
  reservedSystemCPUs: text,
  systemReserved: (value, field) => {
    if (!isMap(value)) throw wrongType(value, field, 'a map of quantities');
    return Object.fromEntries(
      Object.entries(value).map(([name, amount]) => [
        name,
        quantity(amount, `${field}[${name}]`).toString(),
      ]),
    );
  },
  containerLogMaxSize: (value, field) => quantity(value, field).value(),
  containerLogMaxFiles: integer,
};

function isField(name: string): name is Field {
  return Object.hasOwn(readers, name);
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrongType(value, field, 'a text');
  return value;
}

function integer(value: unknown, field: string): number {
  if (!Number.isInteger(value)) throw wrongType(value, field, 'a whole number');
  return value as number;
}

/** In milliseconds; a number alone would be nanoseconds upstream and is refused here. */
function duration(value: unknown, field: string): number {
  if (typeof value !== 'string') throw wrongType(value, field, 'a duration such as 10s');
  try {
    return parseDuration(value);
  } catch (error) {
    throw invalid(`${field}: ${asSandglassError(error).message}`);
  }
}

function quantity(value: unknown, field: string): Quantity {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw wrongType(value, field, 'a quantity such as 10Mi');
  }
  try {
    return parseQuantity(String(value));
  } catch (error) {
    throw invalid(`${field}: ${asSandglassError(error).message}`);
  }
}

/** pkg/kubelet/apis/config/validation/validation.go */
function validateConfiguration(settings: Settings): string[] {
  const problems: string[] = [];
  const refuse = (message: string) => void problems.push(`invalid configuration: ${message}`);
  const { maxPods, maxParallelImagePulls, serializeImagePulls = true } = settings;
  const { nodeLeaseDurationSeconds, containerLogMaxFiles, containerLogMaxSize } = settings;
  if (maxPods !== undefined && maxPods < 0) {
    refuse(`maxPods (--max-pods) ${maxPods} must not be a negative number`);
  }
  if (maxParallelImagePulls !== undefined && maxParallelImagePulls < 1) {
    refuse(`maxParallelImagePulls ${maxParallelImagePulls} must be a positive number`);
  }
  if (serializeImagePulls && (maxParallelImagePulls ?? 1) > 1) {
    refuse(
      'maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false',
    );
  }
  if (nodeLeaseDurationSeconds !== undefined && nodeLeaseDurationSeconds <= 0) {
    refuse('nodeLeaseDurationSeconds must be greater than 0');
  }
  if (containerLogMaxFiles !== undefined && containerLogMaxFiles <= 1) {
    refuse(`containerLogMaxFiles ${containerLogMaxFiles} must be greater than 1`);
  }
  if (containerLogMaxSize !== undefined && containerLogMaxSize <= 0) {
    refuse('containerLogMaxSize must be greater than 0');
  }
  for (const field of ['nodeStatusUpdateFrequency', 'nodeStatusReportFrequency'] as const) {
    const period = settings[field];
    if (period !== undefined && period <= 0) refuse(`${field} must be greater than 0`);
  }
  problems.push(...validatePaths(settings), ...validateCpus(settings));
  return problems;
}

function validatePaths({ staticPodPath, resolvConf }: Settings): string[] {
  return Object.entries({ staticPodPath, resolvConf }).flatMap(([field, path]) =>
    path === undefined || path === '' || path.startsWith('/')
      ? []
      : [`invalid configuration: ${field} ${quote(path)} must be an absolute path`],
  );
}

function validateCpus({ cpuManagerPolicy, reservedSystemCPUs }: Settings): string[] {
  const problems: string[] = [];
  if (cpuManagerPolicy !== undefined && !['none', 'static'].includes(cpuManagerPolicy)) {
    problems.push(`unknown policy: ${quote(cpuManagerPolicy)}`);
  }
  if (reservedSystemCPUs !== undefined && reservedSystemCPUs !== '') {
    try {
      CpuSet.parse(reservedSystemCPUs);
    } catch (error) {
      problems.push(
        `invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) ${reservedSystemCPUs}, error: ${asSandglassError(error).message}`,
      );
    }
  }
  return problems;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongType(value: unknown, field: string, wanted: string): SandglassError {
  return invalid(`${field}: ${JSON.stringify(value)} is not ${wanted}`);
}

function invalid(message: string): SandglassError {
  return new SandglassError('invalid-argument', message);
}
