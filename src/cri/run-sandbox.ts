import { SandglassError, asSandglassError } from '#base/errors.ts';
import { ContainerEventType, type RunPodSandboxRequest } from '#kube/cri/api_pb.ts';
import { type CriContext, linksOf, newId } from './context.ts';
import { containerDirectory } from './container-record.ts';
import { emitSandboxEvent } from './emit-event.ts';
import { type SandboxRecord, sandboxName } from './sandbox-record.ts';
import { joinNetwork, leaveNetwork, podNetwork, usesNodeNetwork } from './sandbox-network.ts';
import { makeSandboxFiles, removeSandboxFiles } from './sandbox-files.ts';
import { sandboxSpec } from './spec/sandbox-spec.ts';
import { refuseUnsupportedSandbox } from './spec/unsupported.ts';
import { stopPause, watchPause } from './stop-sandbox.ts';

/**
 * A sandbox in containerd's order (internal/cri/server/sandbox_run.go): network namespace, network,
 * pause container. If a step fails, what the others made is taken down again.
 */
export async function runSandbox(
  context: CriContext,
  { config, runtimeHandler }: RunPodSandboxRequest,
  signal: AbortSignal,
): Promise<SandboxRecord> {
  if (!config?.metadata) {
    throw new SandglassError('unknown', 'sandbox config must include metadata');
  }
  refuseUnsupportedSandbox(config);
  const id = newId();
  const runtime = context.runtime(
    runtimeHandler,
    `unable to get OCI runtime for sandbox "${id}": `,
  );
  const name = sandboxName(config);
  context.sandboxes.reserve(name, id);
  const sandbox: SandboxRecord = {
    id,
    name,
    config,
    runtimeHandler,
    createdAt: context.now(),
    state: 'unknown',
    netns: usesNodeNetwork(config) ? undefined : `/run/netns/cni-${id.slice(0, 32)}`,
    network: undefined,
    pid: 0,
    layers: [],
    task: undefined,
  };
  try {
    // By it a later life finds what this call has made, if it is cut off.
    await context.sandboxes.save(sandbox);
    await makeSandboxFiles(context, sandbox, signal);
    await joinNetwork(context, sandbox, signal);
    await startPause(context, sandbox, runtime, signal);
    sandbox.state = 'ready';
    await context.sandboxes.add(sandbox);
  } catch (error) {
    await takeDown(context, sandbox);
    throw error;
  }
  watchPause(context, sandbox);
  emitSandboxEvent(context, sandbox, ContainerEventType.CONTAINER_CREATED_EVENT);
  emitSandboxEvent(context, sandbox, ContainerEventType.CONTAINER_STARTED_EVENT);
  return sandbox;
}

async function startPause(
  context: CriContext,
  sandbox: SandboxRecord,
  runtime: ReturnType<CriContext['runtime']>,
  signal: AbortSignal,
): Promise<void> {
  const { id, config, netns } = sandbox;
  const image = await context.images.ensure(context.sandboxImage, signal);
  const spec = await sandboxSpec({
    id,
    config,
    image: image.config,
    accounts: await context.accounts.of(image),
    netns,
    agent: context.agent,
  });
  sandbox.layers = image.layers;
  const network = await networkOf(context, sandbox);
  const directory = containerDirectory(id);
  const rootfs = { layers: image.layers, upper: `${directory}/fs`, work: `${directory}/work` };
  try {
    const links = linksOf(config, id);
    sandbox.task = await runtime.create(
      {
        id,
        spec,
        rootfs,
        terminal: false,
        stdin: false,
        ...(network && { network }),
        memoryLimit: Number(config.linux?.resources?.memoryLimitInBytes ?? 0n),
        links,
      },
      signal,
    );
    sandbox.pid = sandbox.task.pid;
    await sandbox.task.start(signal);
  } catch (error) {
    const why = asSandglassError(error).message;
    throw new SandglassError('unknown', `failed to start sandbox "${id}": ${why}`, {
      cause: error,
    });
  }
}

/** As a machine of its own has to be told of it. */
async function networkOf(context: CriContext, { network }: SandboxRecord) {
  const { network: joined } = await context.network();
  return network && joined && podNetwork(network, joined.mtu);
}

/** A sandbox that cannot be taken down stays as `unknown`, for the kubelet to try again. */
async function takeDown(context: CriContext, sandbox: SandboxRecord): Promise<void> {
  try {
    await stopPause(sandbox);
    const links = linksOf(sandbox.config, sandbox.id);
    await context.runtime(sandbox.runtimeHandler).cleanUp(sandbox.id, links);
    await leaveNetwork(context, sandbox);
    await removeSandboxFiles(context, sandbox);
    await context.sandboxes.remove(sandbox);
  } catch {
    context.sandboxes.keep(sandbox);
  }
}
