import { asSandglassError } from '#base/errors.ts';
import { resourcePath, resources } from '#kube/resources.ts';
import {
  PortForwardClient,
  type PortForwardConnection,
} from '#kube/streaming/portforward/client.ts';
import type { ContainerPort, Pod } from '#kube/types.ts';
import { duration, list } from '#cli/command/flags.ts';
import { failure, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { completePods } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { type ForwardedPort, forwardPorts } from '#cli/streams/forward-ports.ts';
import { findPod } from './exec.ts';

const flags = {
  address: list('Addresses of the node to listen on.', { initial: ['localhost'] }),
  'pod-running-timeout': duration('How long to wait for the pod to run.', { initial: 60_000 }),
};

export const portForwardCommand = kubectlCommand({
  name: 'port-forward',
  use: 'TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  short: 'Forward one or more local ports to a pod',
  long: 'Listens on ports of the node and carries connections to ports of a pod, until interrupted.',
  examples: [
    ['The same ports here as there', 'kubectl port-forward pod/web 5000 6000'],
    ['Another one here', 'kubectl port-forward pod/web 8888:5000'],
    ['Any free one', 'kubectl port-forward pod/web :5000'],
  ],
  flags,
  complete: completePods,
  run: portForward,
});

async function portForward({
  context,
  flags: given,
  args,
  path,
}: Call<KubectlContext, typeof flags>) {
  const [named, ...words] = args;
  if (named === undefined || words.length === 0) {
    throw usageError(path, 'TYPE/NAME and list of ports are required for port-forward');
  }
  if (given['pod-running-timeout'] <= 0) {
    throw usageError(path, '--pod-running-timeout must be higher than zero');
  }
  const pod = await findPod(context, named);
  const ports = words.map((word) => parsePort(word, pod));
  const phase = pod.status?.phase ?? '';
  if (phase !== 'Running') {
    throw failure(`unable to forward port because pod is not running. Current status=${phase}`);
  }
  const { name = '', namespace = '' } = pod.metadata ?? {};
  const target = resourcePath(resources.pods, { namespace, name, subresource: 'portforward' });
  const connection = await open(context, new URL(target, 'http://kubernetes'));
  try {
    const { invocation, out, err, clock } = context;
    await forwardPorts({ invocation, out, err, clock, connection }, given.address, ports);
  } finally {
    connection.close();
  }
}

async function open(context: KubectlContext, url: URL): Promise<PortForwardConnection> {
  try {
    return await new PortForwardClient(context.upgrade).open(url, context.signal);
  } catch (error) {
    if (context.signal.aborted) throw error;
    const { message } = asSandglassError(error);
    throw failure(`error upgrading connection: unable to upgrade connection: ${message}`);
  }
}

function parsePort(word: string, pod: Pod): ForwardedPort {
  const parts = word.split(':');
  // Of more than two, upstream takes the first alone.
  const [local = '', second] = parts.length > 2 ? parts.slice(0, 1) : parts;
  const remote = second ?? local;
  if (remote === '') throw failure('remote port cannot be empty');
  const remotePort = /^\d+$/.test(remote) ? Number(remote) : namedPort(pod, remote);
  checkProtocol(pod, remotePort, remote);
  const isSame = second === undefined;
  if (!isSame && local !== '' && !/^\d+$/.test(local)) {
    throw failure(
      `error parsing local port '${local}': strconv.ParseUint: parsing "${local}": invalid syntax`,
    );
  }
  if (remotePort === 0) throw failure('remote port must be > 0');
  return { local: isSame ? remotePort : Number(local), remote: remotePort };
}

function portsOf({ spec }: Pod): ContainerPort[] {
  return (spec?.containers ?? []).flatMap(({ ports = [] }) => ports);
}

function namedPort(pod: Pod, wanted: string): number {
  const found = portsOf(pod).find(({ name }) => name === wanted);
  if (found) return found.containerPort;
  throw failure(`Pod '${pod.metadata?.name ?? ''}' does not have a named port '${wanted}'`);
}

function checkProtocol(pod: Pod, port: number, word: string): void {
  const protocols = portsOf(pod)
    .filter(({ containerPort }) => containerPort === port)
    .map(({ protocol }) => protocol);
  if (protocols.includes('UDP') && !protocols.includes('TCP')) {
    throw failure(`UDP protocol is not supported for ${word}`);
  }
}
