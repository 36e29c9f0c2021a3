import { CgroupDriverSchema } from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import { string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { Display } from '#cli/crictl/output/display.ts';
import { enumName } from '#cli/crictl/output/proto-json.ts';

export const runtimeConfigCommand = crictlCommand({
  name: 'runtime-config',
  usage: 'Retrieve the container runtime configuration',
  shortOptions: true,
  async run({ context }) {
    const runtime = await wrapped('get runtime client', () => context.runtime());
    const { linux } = await wrapped('get runtime config', () =>
      wrapped('call RuntimeConfig RPC', () => runtime.runtimeConfig()),
    );
    const display = new Display(context.out, { minWidth: 10 });
    if (linux) display.addRow(['cgroup driver:', enumName(CgroupDriverSchema, linux.cgroupDriver)]);
    await display.flush();
  },
});

const flags = {
  'pod-cidr': string(
    'The new Classless Inter-Domain Routing (CIDR) value to be used for pod IP addresses. If the CIDR is empty, runtimes should omit it.',
    { aliases: ['p'] },
  ),
};

export const updateRuntimeConfigCommand = crictlCommand({
  name: 'update-runtime-config',
  usage: 'Update the runtime configuration',
  shortOptions: true,
  flags,
  run: update,
});

async function update({
  context,
  flags: given,
  args,
  isGiven,
  showHelp,
}: CrictlCall<typeof flags>) {
  if (args.length > 0 || !isGiven('pod-cidr')) return showHelp();
  const runtime = await context.runtime();
  await wrapped('update runtime config', () =>
    runtime.updateRuntimeConfig({ networkConfig: { podCidr: given['pod-cidr'] } }),
  );
  await context.log.info('Runtime config successfully updated');
}
