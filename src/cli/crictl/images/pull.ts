import { failure, wrapped } from '#cli/command/errors.ts';
import { duration, list, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { parseLabels } from '#cli/crictl/filters.ts';
import { podSchemaCommand } from '#cli/crictl/config/schema-commands.ts';
import { loadPodConfig } from '#cli/crictl/config/load-config.ts';
import { pullImage } from './pull-image.ts';
import { authUsage, credsUsage, loginOf } from './registry-login.ts';

const flags = {
  annotation: list('Annotation to be set on the pulled image', { aliases: ['a'] }),
  auth: string(authUsage, { environment: ['CRICTL_AUTH'] }),
  creds: string(credsUsage, { environment: ['CRICTL_CREDS'] }),
  'pod-config': string('Use `pod-config.[json|yaml]` to override the pull c', {
    isFile: true,
  }),
  'pull-timeout': duration('Maximum time to be used for pulling the image, disabled if set to 0s', {
    aliases: ['pt'],
    environment: ['CRICTL_PULL_TIMEOUT'],
  }),
  username: string(
    'Use `USERNAME` for accessing the registry. The password will be requested on the command line',
    { aliases: ['u'] },
  ),
};

export const pullCommand = crictlCommand({
  name: 'pull',
  usage: 'Pull an image from a registry',
  argsUsage: 'NAME[:TAG|@DIGEST]',
  shortOptions: true,
  flags,
  subcommands: [podSchemaCommand('Display the JSON schema for the pod-config.json, ')],
  run: pull,
});

async function pull({
  context,
  flags: given,
  args,
  isGiven,
  showHelp,
}: CrictlCall<typeof flags>): Promise<void> {
  const [image = ''] = args;
  if (image === '') throw failure('image name cannot be empty');
  if (args.length > 1) return showHelp();
  const images = await context.images();
  const login = await loginOf(context, given);
  const sandbox = isGiven('pod-config')
    ? await wrapped('load podSandboxConfig', () => loadPodConfig(context, given['pod-config']))
    : undefined;
  const annotations = parseLabels(given.annotation);
  const reference = await wrapped('pulling image', () =>
    pullImage(images, { image, login, sandbox, annotations, timeout: given['pull-timeout'] }),
  );
  await context.out.line(`Image is up to date for ${reference}`);
}
