import { quote } from '#kube/go-text.ts';
import { ExitError, failure, wrapped } from '#cli/command/errors.ts';
import { bool, int, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { listContainers } from './list-containers.ts';

const containers = 'CONTAINER-ID [CONTAINER-ID...]';

function checkId(id: string): void {
  if (id === '') throw failure('ID cannot be empty');
}

export const startCommand = crictlCommand({
  name: 'start',
  usage: 'Start one or more created containers',
  argsUsage: containers,
  async run({ context, args }) {
    if (args.length === 0) checkId('');
    const runtime = await context.runtime();
    for (const id of args) {
      await wrapped(`starting the container ${quote(id)}`, async () => {
        checkId(id);
        await runtime.startContainer(id);
        await context.out.line(id);
      });
    }
  },
});

const stopFlags = {
  all: bool('Stop all running containers', { aliases: ['a'] }),
  timeout: int('Seconds to wait to kill the container after a graceful stop is requested', {
    aliases: ['t'],
  }),
};

export const stopCommand = crictlCommand({
  name: 'stop',
  usage: 'Stop one or more running containers',
  argsUsage: containers,
  shortOptions: true,
  flags: stopFlags,
  run: stop,
});

async function stop({
  context,
  flags: { all, timeout },
  args,
}: CrictlCall<typeof stopFlags>): Promise<void> {
  const runtime = await context.runtime();
  if (all && args.length > 0) {
    throw new ExitError(1, 'cannot specify CONTAINER-ID(s) when using --all');
  }
  if (!all && args.length === 0) {
    throw new ExitError(1, 'you must specify at least one CONTAINER-ID or use --all');
  }
  const running = async () => {
    const choice = {
      ...{ pod: '', name: '', namespace: '', image: '', labels: {} },
      ...{ all: false, state: 'running', latest: false, last: 0 },
    };
    const found = await wrapped('listing containers', () =>
      listContainers(context, runtime, undefined, choice),
    );
    return found.map(({ id }) => id);
  };
  const ids = all ? await running() : args;
  if (ids.length === 0) return context.out.line('No running containers found.');
  for (const id of ids) {
    await wrapped(`stopping the container ${quote(id)}`, async () => {
      checkId(id);
      await runtime.stopContainer(id, timeout);
      await context.out.line(id);
    });
  }
}

const updateFlags = {
  'cpu-count': int('(Windows only) Number of CPUs available to the container'),
  'cpu-maximum': int('(Windows only) Portion of CPU cycles specified as a percentage * 100'),
  'cpu-period': int(
    'CPU CFS period to be used for hardcapping (in usecs). 0 to use system default',
  ),
  'cpu-quota': int('CPU CFS hardcap limit (in usecs). Allowed cpu time in a given period'),
  'cpu-share': int('CPU shares (relative weight vs. other containers)'),
  'cpuset-cpus': string('CPU(s) to use'),
  'cpuset-mems': string('Memory node(s) to use'),
  memory: int('Memory limit (in bytes)'),
  'oom-score-adj': string('OOM Killer score to use'),
};

export const updateCommand = crictlCommand({
  name: 'update',
  usage: 'Update one or more running containers',
  argsUsage: containers,
  flags: updateFlags,
  run: update,
});

async function update({ context, flags: given, args }: CrictlCall<typeof updateFlags>) {
  if (args.length === 0) checkId('');
  const runtime = await context.runtime();
  // crictl 1.36 reads --oom-score-adj as a number of another type, and so never sends it.
  const resources = {
    cpuPeriod: BigInt(given['cpu-period']),
    cpuQuota: BigInt(given['cpu-quota']),
    cpuShares: BigInt(given['cpu-share']),
    cpusetCpus: given['cpuset-cpus'],
    cpusetMems: given['cpuset-mems'],
    memoryLimitInBytes: BigInt(given.memory),
  };
  for (const id of args) {
    await wrapped(`updating container resources for ${quote(id)}`, async () => {
      checkId(id);
      await runtime.updateContainerResources(id, resources);
      await context.out.line(id);
    });
  }
}

const checkpointFlags = {
  export: string(
    'Specify the name of the tar archive (/path/to/checkpoint.tar) used to export the checkpoint image.',
    { aliases: ['e'] },
  ),
};

export const checkpointCommand = crictlCommand({
  name: 'checkpoint',
  usage: 'Checkpoint one or more running containers',
  argsUsage: containers,
  shortOptions: true,
  flags: checkpointFlags,
  run: checkpoint,
});

async function checkpoint({
  context,
  flags: { export: location },
  args,
}: CrictlCall<typeof checkpointFlags>): Promise<void> {
  if (args.length === 0) checkId('');
  if (location === '') {
    throw failure(
      'cannot checkpoint a container without specifying the checkpoint destination. Use --export=/path/to/checkpoint.tar',
    );
  }
  const runtime = await context.runtime();
  for (const id of args) {
    await wrapped(`checkpointing the container ${quote(id)} failed`, async () => {
      checkId(id);
      await runtime.checkpointContainer({ containerId: id, location });
      await context.out.line(id);
    });
  }
}
