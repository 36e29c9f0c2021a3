import { quote } from '#kube/go-text.ts';
import { ContainerState } from '#kube/cri/api_pb.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { baseName } from '#cli/text/io.ts';
import { bool } from '#cli/urfave/flags.ts';
import { pathError } from '#cli/crictl/configuration.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';
import { together } from '#cli/crictl/together.ts';

const flags = {
  all: bool('Remove all containers', { aliases: ['a'] }),
  force: bool('Force removal of the container, disregarding if running', { aliases: ['f'] }),
  'keep-logs': bool('Preserve the container log file and its rotations', { aliases: ['k'] }),
};

type RemoveCall = CrictlCall<typeof flags>;

export const rmCommand = crictlCommand({
  name: 'rm',
  usage: 'Remove one or more containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  shortOptions: true,
  flags,
  run: remove,
});

async function remove(call: RemoveCall): Promise<void> {
  const { context, flags: given, args, showHelp } = call;
  const runtime = await context.runtime();
  const ids = given.all ? (await runtime.listContainers()).map(({ id }) => id) : args;
  if (ids.length === 0) {
    return given.all ? context.log.info('No containers to remove') : showHelp();
  }
  const tasks = ids.map((id) => () => removeOne(call, runtime, id));
  await together(tasks, context.signal);
}

async function removeOne(
  { context, flags: given }: RemoveCall,
  runtime: RemoteRuntime,
  id: string,
): Promise<void> {
  const { status } = await wrapped(`getting container status ${quote(id)}`, () =>
    runtime.containerStatus(id, false),
  );
  if (status?.state === ContainerState.CONTAINER_RUNNING) {
    if (!given.force) throw failure(`container ${quote(id)} is running, please stop it first`);
    await wrapped(`stopping the container ${quote(id)}`, () => runtime.stopContainer(id, 0));
    await context.out.line(id);
  }
  await wrapped(`removing container ${quote(id)}`, () => runtime.removeContainer(id));
  await context.out.line(id);
  const logPath = status?.logPath ?? '';
  if (!given['keep-logs'] && logPath !== '') await removeLogs(context, id, logPath);
}

/** The log and what it was rotated to; a failure is told of, and no more. */
async function removeLogs(context: CrictlContext, id: string, logPath: string): Promise<void> {
  const { files, log, signal } = context;
  const directory = logPath.slice(0, logPath.lastIndexOf('/')) || '/';
  const entries = await files.list(directory, signal).catch(() => []);
  const rotated = entries
    .filter(({ name }) => name.startsWith(`${baseName(logPath)}.`))
    .map(({ name }) => `${directory}/${name}`);
  for (const path of [...rotated, logPath]) {
    try {
      await files.remove(path, { signal });
    } catch (error) {
      const why = pathError('remove', path, error).message;
      await log.error(`removing log file ${path} for container ${quote(id)} failed: ${why}`);
    }
  }
}
