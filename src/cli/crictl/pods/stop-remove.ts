import { quote } from '#kube/go-text.ts';
import { PodSandboxState } from '#kube/cri/api_pb.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { bool } from '#cli/urfave/flags.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';
import { together } from '#cli/crictl/together.ts';

const pods = 'POD-ID [POD-ID...]';

export const stoppCommand = crictlCommand({
  name: 'stopp',
  usage: 'Stop one or more running pods',
  argsUsage: pods,
  async run({ context, args, showHelp }) {
    if (args.length === 0) return showHelp();
    const runtime = await context.runtime();
    for (const id of args) {
      await wrapped(`stopping the pod sandbox ${quote(id)}`, () => stopPod(context, runtime, id));
    }
  },
});

async function stopPod({ out }: CrictlContext, runtime: RemoteRuntime, id: string): Promise<void> {
  if (id === '') throw failure('ID cannot be empty');
  await runtime.stopPodSandbox(id);
  await out.line(`Stopped sandbox ${id}`);
}

const removeFlags = {
  all: bool('Remove all pods', { aliases: ['a'] }),
  force: bool('Force removal of the pod sandbox, disregarding if running', { aliases: ['f'] }),
};

type RemoveCall = CrictlCall<typeof removeFlags>;

export const rmpCommand = crictlCommand({
  name: 'rmp',
  usage: 'Remove one or more pods',
  argsUsage: pods,
  shortOptions: true,
  flags: removeFlags,
  run: remove,
});

async function remove(call: RemoveCall): Promise<void> {
  const { context, flags: given, args, showHelp } = call;
  const runtime = await context.runtime();
  const ids = given.all ? (await runtime.listPodSandbox()).map(({ id }) => id) : args;
  if (ids.length === 0) return given.all ? context.log.info('No pods to remove') : showHelp();
  const tasks = ids.map((id) => () => removeOne(call, runtime, id));
  await together(tasks, context.signal);
}

async function removeOne(
  { context, flags: given }: RemoveCall,
  runtime: RemoteRuntime,
  id: string,
): Promise<void> {
  const { status } = await wrapped(`getting sandbox status of pod ${quote(id)}`, () =>
    runtime.podSandboxStatus(id, false),
  );
  if (status?.state === PodSandboxState.SANDBOX_READY) {
    if (!given.force) throw failure(`pod sandbox ${quote(id)} is running, please stop it first`);
    const what = `stopping the pod sandbox ${quote(id)} failed`;
    await wrapped(what, () => stopPod(context, runtime, id));
  }
  await wrapped(`removing the pod sandbox ${quote(id)}`, async () => {
    if (id === '') throw failure('ID cannot be empty');
    await runtime.removePodSandbox(id);
  });
  await context.out.line(`Removed sandbox ${id}`);
}
