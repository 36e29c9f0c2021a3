import { SandglassError, asSandglassError } from '#base/errors.ts';
import type { Attachment, CniResult, PortMapping } from '#cni/network.ts';
import { NamespaceMode, type PodSandboxConfig, Protocol } from '#kube/cri/api_pb.ts';
import { type CriContext, linksOf } from './context.ts';
import type { PodNetwork } from '#runtimes/task.ts';
import type { SandboxRecord } from './sandbox-record.ts';

export function usesNodeNetwork(config: PodSandboxConfig): boolean {
  return config.linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
}

export async function joinNetwork(
  context: CriContext,
  sandbox: SandboxRecord,
  signal: AbortSignal,
): Promise<void> {
  if (sandbox.netns === undefined) return;
  const failed = (why: string, cause?: unknown) =>
    new SandglassError('unknown', `failed to setup network for sandbox "${sandbox.id}": ${why}`, {
      cause,
    });
  const { network } = await context.network();
  if (!network) throw failed('cni plugin not initialized');
  try {
    sandbox.network = await network.add(attachmentOf(sandbox), signal);
  } catch (error) {
    throw failed(asSandglassError(error).message, error);
  }
}

/** As the plugins know the sandbox. */
function attachmentOf(sandbox: SandboxRecord): Attachment {
  const { id, config, netns = '' } = sandbox;
  const { name = '', namespace = '', uid = '' } = config.metadata ?? {};
  return {
    containerId: id,
    netns,
    portMappings: portMappingsOf(config),
    arguments: {
      IgnoreUnknown: '1',
      K8S_POD_NAMESPACE: namespace,
      K8S_POD_NAME: name,
      K8S_POD_INFRA_CONTAINER_ID: id,
      K8S_POD_UID: uid,
    },
    links: linksOf(config, id),
  };
}

const protocols = {
  [Protocol.TCP]: 'tcp',
  [Protocol.UDP]: 'udp',
  [Protocol.SCTP]: 'sctp',
} as const;

function portMappingsOf({ portMappings }: PodSandboxConfig): PortMapping[] {
  return portMappings
    .filter(({ hostPort }) => hostPort > 0)
    .map(({ hostPort, containerPort, protocol, hostIp }) => ({
      hostPort,
      containerPort,
      protocol: protocols[protocol as keyof typeof protocols],
      ...(hostIp !== '' && { hostIP: hostIp }),
    }));
}

/** A namespace that was never joined is not worth failing for (sandbox_run.go): what it took is given back later. */
export async function leaveNetwork(context: CriContext, sandbox: SandboxRecord): Promise<void> {
  if (sandbox.netns === undefined) return;
  const network = await context.networkToLeave();
  try {
    const gone = !(await context.agent.files.exists(sandbox.netns));
    if (gone && sandbox.network === undefined) return;
    if (!network) throw new SandglassError('unknown', 'cni plugin not initialized');
    await network.delete({ ...attachmentOf(sandbox), ...(gone && { netns: '' }) });
    sandbox.network = undefined;
  } catch (error) {
    if (sandbox.network === undefined) {
      network?.owe(attachmentOf(sandbox));
      return;
    }
    const why = asSandglassError(error).message;
    throw new SandglassError(
      'unknown',
      `failed to destroy network for sandbox "${sandbox.id}": ${why}`,
      { cause: error },
    );
  }
}

/** What a machine of the pod's own has to be told of it. */
export function podNetwork(
  { interfaces = [], ips = [], routes = [] }: CniResult,
  mtu: number,
): PodNetwork {
  const own = interfaces.find(({ sandbox }) => sandbox !== undefined && sandbox !== '');
  const [gateway] = ips.flatMap(({ gateway }) => gateway ?? []);
  return {
    mac: own?.mac ?? '',
    mtu,
    addresses: ips.map(({ address }) => address),
    routes: routes.map(({ dst, gw = gateway }) => ({
      destination: dst,
      ...(gw !== undefined && { gateway: gw }),
    })),
  };
}
