import { SandglassError, asSandglassError } from '#base/errors.ts';
import { type DNSConfig, NamespaceMode } from '#kube/cri/api_pb.ts';
import type { CriContext } from './context.ts';
import { containerDirectory } from './container-record.ts';
import { askHelper } from './node-helper.ts';
import { type SandboxRecord, sandboxDirectory } from './sandbox-record.ts';

/** Its namespace for the network, shared memory, and files that its containers find in /etc. */
export async function makeSandboxFiles(
  { agent }: CriContext,
  { id, config, netns }: SandboxRecord,
  signal: AbortSignal,
): Promise<void> {
  const directory = sandboxDirectory(id);
  await agent.files.makeDirectory(directory, { parents: true });
  const ownIpc = config.linux?.securityContext?.namespaceOptions?.ipc !== NamespaceMode.NODE;
  const request = ['sandbox'];
  if (netns !== undefined) request.push('--netns', netns);
  if (ownIpc) request.push('--shm', `${directory}/shm`);
  try {
    await Promise.all([
      askHelper(agent, request, signal),
      writeText('hostname', `${config.hostname || (await nodeHostname())}\n`),
      copyText('/etc/hosts', 'hosts'),
      config.dnsConfig
        ? writeText('resolv.conf', resolverText(config.dnsConfig))
        : copyText('/etc/resolv.conf', 'resolv.conf'),
    ]);
  } catch (error) {
    const { message } = asSandglassError(error);
    throw new SandglassError('unknown', `failed to set up sandbox "${id}": ${message}`, {
      cause: error,
    });
  }

  async function nodeHostname(): Promise<string> {
    return (await agent.files.readText('/proc/sys/kernel/hostname')).trim();
  }
  function writeText(name: string, text: string): Promise<void> {
    return agent.files.write(`${directory}/${name}`, text);
  }
  async function copyText(from: string, name: string): Promise<void> {
    await writeText(name, await agent.files.readText(from));
  }
}

/** resolv.conf(5) */
export function resolverText({ servers, searches, options }: DNSConfig): string {
  const lines = servers.map((server) => `nameserver ${server}\n`);
  if (searches.length > 0) lines.unshift(`search ${searches.join(' ')}\n`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}\n`);
  return lines.join('');
}

/** Of a sandbox that has stopped: what keeps the kernel's things alive. */
export async function unmountSandbox(
  { agent }: CriContext,
  { id, netns }: SandboxRecord,
): Promise<void> {
  const mounts = [`${sandboxDirectory(id)}/shm`, ...(netns === undefined ? [] : [netns])];
  await askHelper(agent, ['unmount', ...mounts]);
  if (netns !== undefined) await agent.files.remove(netns, { missing: 'ignore' });
}

export async function removeSandboxFiles(
  context: CriContext,
  sandbox: SandboxRecord,
): Promise<void> {
  await unmountSandbox(context, sandbox);
  for (const directory of [sandboxDirectory(sandbox.id), containerDirectory(sandbox.id)]) {
    await context.agent.files.remove(directory, { recursive: true, missing: 'ignore' });
  }
}
