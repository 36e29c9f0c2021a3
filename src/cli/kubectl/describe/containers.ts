import type {
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  EnvVar,
  Pod,
  Probe,
  ResourceRequirements,
} from '#kube/types.ts';
import { parseQuantity, quantityOf, type Quantity } from '#kube/quantity.ts';
import { quote } from '#kube/go-text.ts';
import { compareText, sortedEntries } from '#cli/text/json.ts';
import type { DescribeWriter } from './describe-writer.ts';
import { longTime } from './times.ts';

/** `Containers:` and each of them (kubectl, pkg/describe/describe.go, describeContainers). */
export function describeContainers(
  writer: DescribeWriter,
  title: string,
  {
    containers,
    statuses,
    pod,
  }: {
    containers: readonly Container[];
    statuses: readonly ContainerStatus[];
    pod: Pod;
  },
): void {
  writer.line(0, `${title}:${containers.length === 0 ? ' <none>' : ''}`);
  for (const container of containers) {
    const status = statuses.findLast(({ name }) => name === container.name);
    describeBasics(writer, container, status);
    describeCommand(writer, container);
    if (status) describeState(writer, status);
    describeResources(writer, container.resources, 2);
    describeProbes(writer, container);
    describeEnvFrom(writer, container);
    describeEnv(writer, container, pod);
    describeMounts(writer, container);
  }
}

function describeBasics(
  writer: DescribeWriter,
  container: Container,
  status: ContainerStatus | undefined,
): void {
  writer.line(1, `${container.name}:`);
  if (status) writer.field(2, 'Container ID', status.containerID ?? '');
  writer.field(2, 'Image', container.image ?? '');
  if (status) writer.field(2, 'Image ID', status.imageID);
  const ports = container.ports ?? [];
  describePorts(writer, 'Port', ports, ({ containerPort }) => containerPort);
  describePorts(writer, 'Host Port', ports, ({ hostPort }) => hostPort ?? 0);
  const seccomp = container.securityContext?.seccompProfile;
  if (!seccomp) return;
  writer.field(2, 'SeccompProfile', seccomp.type);
  if (seccomp.type === 'Localhost') {
    writer.field(3, 'LocalhostProfile', seccomp.localhostProfile ?? '');
  }
}

function describePorts(
  writer: DescribeWriter,
  title: string,
  ports: readonly ContainerPort[],
  numberOf: (port: ContainerPort) => number,
): void {
  const texts = ports.map((port) => {
    const text = `${numberOf(port)}/${port.protocol ?? ''}`;
    return port.name ? `${text} (${port.name})` : text;
  });
  writer.field(2, texts.length > 1 ? `${title}s` : title, texts.join(', ') || '<none>');
}

function describeCommand(writer: DescribeWriter, { command = [], args = [] }: Container): void {
  for (const [title, words] of [
    ['Command', command],
    ['Args', args],
  ] as const) {
    if (words.length === 0) continue;
    writer.line(2, `${title}:`);
    for (const line of words.flatMap((word) => word.split('\n'))) writer.line(3, line);
  }
}

function describeState(writer: DescribeWriter, status: ContainerStatus): void {
  describeStatus(writer, 'State', status.state ?? {});
  if (status.lastState?.terminated) describeStatus(writer, 'Last State', status.lastState);
  writer.field(2, 'Ready', status.ready ? 'True' : 'False');
  writer.field(2, 'Restart Count', status.restartCount);
}

function describeStatus(
  writer: DescribeWriter,
  title: string,
  { running, waiting, terminated }: ContainerState,
): void {
  if (running) {
    writer.field(2, title, 'Running');
    writer.field(3, 'Started', longTime(running.startedAt));
  } else if (terminated && !waiting) {
    writer.field(2, title, 'Terminated');
    if (terminated.reason) writer.field(3, 'Reason', terminated.reason);
    if (terminated.message) writer.field(3, 'Message', terminated.message);
    writer.field(3, 'Exit Code', terminated.exitCode);
    if (terminated.signal) writer.field(3, 'Signal', terminated.signal);
    writer.field(3, 'Started', longTime(terminated.startedAt));
    writer.field(3, 'Finished', longTime(terminated.finishedAt));
  } else {
    writer.field(2, title, 'Waiting');
    if (waiting?.reason) writer.field(3, 'Reason', waiting.reason);
  }
}

export function describeResources(
  writer: DescribeWriter,
  resources: ResourceRequirements | undefined,
  level: number,
): void {
  for (const [title, list] of [
    ['Limits', resources?.limits],
    ['Requests', resources?.requests],
  ] as const) {
    const entries = sortedEntries(list ?? {});
    if (entries.length > 0) writer.line(level, `${title}:`);
    for (const [name, amount] of entries) {
      writer.field(level + 1, name, parseQuantity(String(amount)).toString());
    }
  }
}

function describeProbes(writer: DescribeWriter, container: Container): void {
  for (const [title, probe] of [
    ['Liveness', container.livenessProbe],
    ['Readiness', container.readinessProbe],
    ['Startup', container.startupProbe],
  ] as const) {
    if (probe) writer.field(2, title, probeText(probe));
  }
}

/** describe.go, DescribeProbe */
export function probeText(probe: Probe): string {
  const facts = [
    `delay=${probe.initialDelaySeconds ?? 0}s`,
    `timeout=${probe.timeoutSeconds ?? 0}s`,
    `period=${probe.periodSeconds ?? 0}s`,
    `#success=${probe.successThreshold ?? 0}`,
    `#failure=${probe.failureThreshold ?? 0}`,
  ].join(' ');
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec) return `exec [${(exec.command ?? []).join(' ')}] ${facts}`;
  if (httpGet) {
    const { scheme = '', host = '', port, path = '' } = httpGet;
    const address = host.includes(':') ? `[${host}]` : host;
    const url = `${scheme.toLowerCase()}://${address}:${port}${path.startsWith('/') || path === '' ? path : `/${path}`}`;
    return `http-get ${url} ${facts}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${facts}`;
  if (grpc) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${facts}`;
  return `unknown ${facts}`;
}

function describeEnvFrom(writer: DescribeWriter, { envFrom = [] }: Container): void {
  if (envFrom.length === 0) return;
  writer.line(2, 'Environment Variables from:');
  for (const { configMapRef, secretRef, prefix = '' } of envFrom) {
    const from = configMapRef ? 'ConfigMap' : secretRef ? 'Secret' : '';
    const reference = configMapRef ?? secretRef;
    const how = prefix === '' ? from : `${from} with prefix '${prefix}'`;
    writer.line(3, `${reference?.name ?? ''}\t${how}\tOptional: ${reference?.optional ?? false}`);
  }
}

function describeEnv(writer: DescribeWriter, container: Container, pod: Pod): void {
  const { env = [] } = container;
  writer.line(2, `Environment:${env.length === 0 ? '\t<none>' : ''}`);
  for (const variable of env) writer.raw(envText(variable, container, pod));
}

function envText({ name, value = '', valueFrom }: EnvVar, container: Container, pod: Pod): string {
  const line = (text: string) => `      ${text}\n`;
  if (!valueFrom) {
    return value
      .split('\n')
      .map((part, at) => line(at === 0 ? `${name}:\t${part}` : `\t${part}`))
      .join('');
  }
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef) {
    const { apiVersion = '', fieldPath } = fieldRef;
    return line(`${name}:\t${fieldValue(pod, fieldPath)} (${apiVersion}:${fieldPath})`);
  }
  if (resourceFieldRef) {
    const { resource, divisor } = resourceFieldRef;
    const amount = resourceValue(container, resource, divisor);
    const isLimit = resource === 'limits.cpu' || resource === 'limits.memory';
    const text = amount === '0' && isLimit ? 'node allocatable' : amount;
    return line(`${name}:\t${text} (${resource})`);
  }
  if (secretKeyRef) {
    const { key, name: secret = '', optional = false } = secretKeyRef;
    return line(`${name}:\t<set to the key '${key}' in secret '${secret}'>\tOptional: ${optional}`);
  }
  if (configMapKeyRef) {
    const { key, name: map = '', optional = false } = configMapKeyRef;
    return line(
      `${name}:\t<set to the key '${key}' of config map '${map}'>\tOptional: ${optional}`,
    );
  }
  return '';
}

/** Of metadata alone (kubectl, pkg/util/fieldpath). */
function fieldValue({ metadata = {} }: Pod, path: string): string {
  const subscript = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(path);
  if (subscript) {
    const map = subscript[1] === 'labels' ? metadata.labels : metadata.annotations;
    return map?.[subscript[2] ?? ''] ?? '';
  }
  switch (path) {
    case 'metadata.annotations':
    case 'metadata.labels': {
      const map = path === 'metadata.labels' ? metadata.labels : metadata.annotations;
      return sortedEntries(map ?? {})
        .map(([key, value]) => `${key}=${quote(String(value))}`)
        .join('\n');
    }
    case 'metadata.name':
      return metadata.name ?? '';
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    default:
      return '';
  }
}

/** In units of the divisor, rounded up (kubectl, pkg/util/resource). */
function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
): string {
  const [kind = '', ...rest] = resource.split('.');
  const list = kind === 'limits' ? container.resources?.limits : container.resources?.requests;
  const unit = parseQuantity(divisor === undefined || divisor === '0' ? '1' : divisor);
  const measure = (quantity: Quantity) =>
    rest[0] === 'cpu' ? quantity.milliValue() : quantity.value();
  return String(Math.ceil(measure(quantityOf(list, rest.join('.'))) / measure(unit)));
}

function describeMounts(
  writer: DescribeWriter,
  { volumeMounts = [], volumeDevices = [] }: Container,
): void {
  writer.line(2, `Mounts:${volumeMounts.length === 0 ? '\t<none>' : ''}`);
  const mounts = [...volumeMounts].sort((a, b) => compareText(a.mountPath, b.mountPath));
  for (const { mountPath, name, readOnly, subPath } of mounts) {
    const facts = [readOnly ? 'ro' : 'rw', ...(subPath ? [`path=${quote(subPath)}`] : [])];
    writer.line(3, `${mountPath} from ${name} (${facts.join(',')})`);
  }
  if (volumeDevices.length === 0) return;
  writer.line(2, `Devices:${volumeMounts.length === 0 ? '\t<none>' : ''}`);
  const devices = [...volumeDevices].sort((a, b) => compareText(a.devicePath, b.devicePath));
  for (const { devicePath, name } of devices) writer.line(3, `${devicePath} from ${name}`);
}
