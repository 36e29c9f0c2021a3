import { createRouterTransport } from '@connectrpc/connect';
import type { Clock } from '#base/clock.ts';
import { SandglassError } from '#base/errors.ts';
import { TraceBus } from '#base/trace.ts';
import { type Cri, createCri } from '#cri/cri.ts';
import type { LocalImage } from '#cri/ports.ts';
import type { AgentClient } from '#guest/agent-client.ts';
import { SecurityProfile_ProfileType } from '#kube/cri/api_pb.ts';
import { criClients } from '#kube/cri/client.ts';
import { RuncRuntime } from '#runtimes/runc/runc-runtime.ts';

/** The node's own pause, as if it had been pulled. */
const image: LocalImage = {
  id: 'warm-up',
  repoTags: [],
  repoDigests: [],
  layers: ['/usr/lib/sandglass'],
  config: { Entrypoint: ['/pause'] },
};

/**
 * Runs a pod and removes it, so that what a pod needs of crun, its libraries and the network plugins is
 * in the page cache, and nothing else: the first pod would wait for each of them to come over 9P.
 */
export async function warmUp(agent: AgentClient, clock: Clock): Promise<void> {
  await agent.files.write('/proc/sys/vm/drop_caches', '3');
  const cri = await serviceOn(agent, clock);
  await runPod(cri);
  cri.close();
  await leaveNoTrace(agent);
}

function serviceOn(agent: AgentClient, clock: Clock): Promise<Cri> {
  const unused = () => Promise.reject(new SandglassError('unimplemented', 'Nobody streams yet.'));
  const calls = { agent, clock, trace: new TraceBus(clock) };
  return createCri({
    ...calls,
    images: { find: () => Promise.resolve(image), ensure: () => Promise.resolve(image) },
    runtimes: new Map([['', new RuncRuntime('crun', calls)]]),
    protocols: { command: unused, portForward: unused },
  });
}

async function runPod(cri: Cri): Promise<void> {
  const { runtime } = criClients(createRouterTransport((router) => cri.routes(router)));
  const metadata = { name: 'warm-up' };
  const seccomp = { profileType: SecurityProfile_ProfileType.RuntimeDefault };
  const sandboxConfig = { metadata, linux: { securityContext: { seccomp } } };
  const { podSandboxId } = await runtime.runPodSandbox({ config: sandboxConfig });
  const { containerId } = await runtime.createContainer({
    podSandboxId,
    sandboxConfig,
    config: { metadata, image: { image: image.id }, linux: {} },
  });
  await runtime.startContainer({ containerId });
  await runtime.execSync({ containerId, cmd: ['/pause', '-v'] });
  await runtime.stopPodSandbox({ podSandboxId });
  await runtime.removePodSandbox({ podSandboxId });
}

async function leaveNoTrace(agent: AgentClient): Promise<void> {
  await agent.run({ argv: ['ip', 'link', 'delete', 'cni0'] });
  for (const directory of ['/run/sandglass/cri', '/var/lib/cni', '/var/lib/sandglass']) {
    await agent.files.remove(directory, { recursive: true, missing: 'ignore' });
  }
}
