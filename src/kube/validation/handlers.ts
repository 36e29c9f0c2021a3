import type {
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Lifecycle,
  Probe,
  SleepAction,
  TCPSocketAction,
} from '#kube/types.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from './field-error.ts';
import type { FieldPath } from './field-path.ts';
import { isHTTPHeaderName, isPortName, isPortNumber } from './names.ts';
import { invalidEach } from './labels.ts';
import { validateNotNegative } from './object-meta.ts';

/** What probes and hooks may do. */
interface Handler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  grpc?: GRPCAction;
  sleep?: SleepAction;
}

export function validateLivenessProbe(probe: Probe | undefined, path: FieldPath): FieldError[] {
  if (!probe) return [];
  const threshold = probe.successThreshold ?? 0;
  return [
    ...validateProbe(probe, path),
    ...(threshold === 1 ? [] : [invalid(path.child('successThreshold'), threshold, 'must be 1')]),
  ];
}

export function validateReadinessProbe(probe: Probe | undefined, path: FieldPath): FieldError[] {
  if (!probe) return [];
  const period = probe.terminationGracePeriodSeconds;
  const at = path.child('terminationGracePeriodSeconds');
  return [
    ...validateProbe(probe, path),
    ...(period === undefined ? [] : [invalid(at, period, 'must not be set for readinessProbes')]),
  ];
}

function validateProbe(probe: Probe, path: FieldPath): FieldError[] {
  const period = probe.terminationGracePeriodSeconds;
  return [
    ...validateHandler(probe, undefined, path),
    ...(
      [
        'initialDelaySeconds',
        'timeoutSeconds',
        'periodSeconds',
        'successThreshold',
        'failureThreshold',
      ] as const
    ).flatMap((field) => validateNotNegative(probe[field] ?? 0, path.child(field))),
    ...(period !== undefined && period <= 0
      ? [invalid(path.child('terminationGracePeriodSeconds'), period, 'must be greater than 0')]
      : []),
  ];
}

export function validateLifecycle(
  { postStart, preStop }: Lifecycle,
  gracePeriod: number | undefined,
  path: FieldPath,
): FieldError[] {
  return [
    ...(postStart ? validateHandler(postStart, gracePeriod, path.child('postStart')) : []),
    ...(preStop ? validateHandler(preStop, gracePeriod, path.child('preStop')) : []),
  ];
}

const handlerOrder = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

function validateHandler(
  handler: Handler,
  gracePeriod: number | undefined,
  path: FieldPath,
): FieldError[] {
  const [first, ...others] = handlerOrder.filter((name) => handler[name] !== undefined);
  if (!first) return [required(path, 'must specify a handler type')];
  return [
    ...validateAction(handler, first, gracePeriod, path.child(first)),
    ...others.map((name) =>
      forbidden(path.child(name), 'may not specify more than 1 handler type'),
    ),
  ];
}

function validateAction(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  name: (typeof handlerOrder)[number],
  gracePeriod: number | undefined,
  path: FieldPath,
): FieldError[] {
  if (name === 'exec' && exec) {
    return (exec.command ?? []).length === 0 ? [required(path.child('command'))] : [];
  }
  if (name === 'httpGet' && httpGet) return validateHTTPGet(httpGet, path);
  if (name === 'tcpSocket' && tcpSocket) return validatePort(tcpSocket.port, path.child('port'));
  if (name === 'grpc' && grpc) return validatePort(grpc.port, path.child('port'));
  if (sleep && gracePeriod !== undefined && (sleep.seconds < 0 || sleep.seconds > gracePeriod)) {
    const detail = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
    return [invalid(path, sleep.seconds, detail)];
  }
  return [];
}

const schemes: readonly string[] = ['HTTP', 'HTTPS'];

function validateHTTPGet(
  { path: urlPath = '', port, scheme = '', httpHeaders = [] }: HTTPGetAction,
  path: FieldPath,
): FieldError[] {
  return [
    ...(urlPath === '' ? [required(path.child('path'))] : []),
    ...validatePort(port, path.child('port')),
    ...(schemes.includes(scheme) ? [] : [notSupported(path.child('scheme'), scheme, schemes)]),
    ...httpHeaders.flatMap(({ name }) =>
      invalidEach(path.child('httpHeaders'), name, isHTTPHeaderName(name)),
    ),
  ];
}

function validatePort(port: number | string, path: FieldPath): FieldError[] {
  return invalidEach(path, port, typeof port === 'number' ? isPortNumber(port) : isPortName(port));
}
