import { sleep } from '#base/clock.ts';
import { quote } from '#kube/go-text.ts';
import { ContainerState, type ContainerStatus } from '#kube/cri/api_pb.ts';
import { readLogs } from '#kube/logs/log-reader.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { bool, int, string } from '#cli/urfave/flags.ts';
import { pathError } from '#cli/crictl/configuration.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';
import { parseSince } from './since.ts';

const flags = {
  follow: bool('Follow log output', { aliases: ['f'] }),
  'limit-bytes': int('Maximum bytes of logs to return. Defaults to no limit', { initial: -1 }),
  previous: bool(
    'Print the logs for the previous instance of the container in a pod if it exists',
    { aliases: ['p'] },
  ),
  reopen: bool('Reopen the container logs for the provided container', { aliases: ['r'] }),
  since: string(
    'Show logs since timestamp (e.g. 2013-01-02T13:23:37) or relative (e.g. 42m for 42 minutes)',
  ),
  stream: string('Show specified stream (stdout or stderr). Defaults to both.', {
    aliases: ['s'],
  }),
  tail: int('Number of lines to show from the end of the logs. Defaults to all', { initial: -1 }),
  timestamps: bool('Show timestamps', { aliases: ['t'] }),
};

type LogsCall = CrictlCall<typeof flags>;

export const logsCommand = crictlCommand({
  name: 'logs',
  usage: 'Fetch the logs of a container',
  argsUsage: 'CONTAINER-ID',
  shortOptions: true,
  flags,
  run: logs,
});

async function logs(call: LogsCall): Promise<void> {
  const { context, flags: given, args, isGiven, showHelp } = call;
  const [id = ''] = args;
  if (id === '') throw failure('ID cannot be empty');
  if (args.length > 1) return showHelp();
  const runtime = await context.runtime();
  if (given.reopen) {
    await wrapped('reopen container logs', () => runtime.reopenContainerLog(id));
    await context.log.info('Container logs reopened');
  }
  const since = parseSince(given.since, context.clock.wallTime());
  const stream = streamOf(given.stream);
  if (isGiven('tail') && isGiven('stream')) {
    throw failure('--tail and --stream are mutually exclusive');
  }
  const { status } = await runtime.containerStatus(id, false);
  const path = pathOf(status, given.previous);
  await print(call, runtime, { id: status?.id ?? id, path, since, stream });
}

function streamOf(text: string): 'stdout' | 'stderr' | undefined {
  if (text === '') return undefined;
  if (text === 'stdout' || text === 'stderr') return text;
  throw failure(`invalid stream ${quote(text)}, must be "stdout" or "stderr"`);
}

function pathOf(status: ContainerStatus | undefined, isPrevious: boolean): string {
  const path = status?.logPath ?? '';
  if (path === '') throw failure('the container has not set log path');
  if (!isPrevious) return path;
  const { name = '', attempt = 0 } = status?.metadata ?? {};
  if (attempt === 0) throw failure(`previous terminated container ${name} not found`);
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  return `${directory}${attempt - 1}${path.slice(path.lastIndexOf('.'))}`;
}

async function print(
  { context, flags: given }: LogsCall,
  runtime: RemoteRuntime,
  log: {
    id: string;
    path: string;
    since: number | undefined;
    stream: 'stdout' | 'stderr' | undefined;
  },
): Promise<void> {
  const { path, since, stream } = log;
  const { files, signal, out, err } = context;
  await files.stat(path, signal).catch((error: unknown) => {
    const why = pathError('lstat', path, error).message;
    throw failure(`failed to try resolving symlinks in path ${quote(path)}: ${why}`);
  });
  const options = {
    since,
    stream,
    follow: given.follow,
    timestamps: given.timestamps,
    ...(given.tail >= 0 && { tailLines: given.tail }),
    ...(given['limit-bytes'] >= 0 && { limitBytes: given['limit-bytes'] }),
  };
  const isRunning = async () => {
    const { status } = await runtime.containerStatus(log.id, false);
    return status?.state === ContainerState.CONTAINER_RUNNING;
  };
  const followed = {
    files,
    // Files of the node change while the cluster's clock is held.
    waitForChange: (_: string, lookEvery: number, until: AbortSignal) =>
      sleep(context.settings.nodeClock, lookEvery, until),
  };
  const chunks = readLogs(followed, path, options, isRunning, context.clock, signal);
  for await (const { stream: of, bytes } of chunks) {
    await (of === 'stdout' ? out : err).bytes(bytes);
  }
}
