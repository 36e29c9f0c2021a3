import { failure, wrapped } from '#cli/command/errors.ts';
import { type Values, bool, duration, string } from '#cli/urfave/flags.ts';
import { loadContainerConfig, loadPodConfig } from '#cli/crictl/config/load-config.ts';
import { schemaCommand } from '#cli/crictl/config/schema-commands.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { pullImage } from '#cli/crictl/images/pull-image.ts';
import { authUsage, credsUsage, loginOf } from '#cli/crictl/images/registry-login.ts';
import type { RemoteImages } from '#cli/crictl/remote/remote-images.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';

const login = { auth: string(authUsage), creds: string(credsUsage) };

const pullTimeout = duration(
  'Maximum time to be used for pulling the image, disabled if set to 0s',
  { aliases: ['pt'], environment: ['CRICTL_PULL_TIMEOUT'] },
);

const createFlags = {
  auth: login.auth,
  'cancel-timeout': duration(
    'Seconds to wait for a container create request to complete before cancelling the request',
    { aliases: ['T'] },
  ),
  creds: login.creds,
  'no-pull': bool(
    'Do not pull the image on container creation (overrides pull-image-on-create=true in config)',
  ),
  'pull-timeout': pullTimeout,
  username: string(
    'Use `USERNAME` for accessing the registry. The password will be requested on the command line',
  ),
  'with-pull': bool(
    'Pull the image on container creation (overrides pull-image-on-create=false in config)',
  ),
};

export const createCommand = crictlCommand({
  name: 'create',
  usage: 'Create a new container',
  argsUsage: 'POD container-config.[json|yaml] pod-config.[json|yaml]',
  flags: createFlags,
  subcommands: [schemaCommand],
  run: create,
});

async function create({
  context,
  flags: given,
  args,
  showHelp,
}: CrictlCall<typeof createFlags>): Promise<void> {
  const [pod = '', config = '', podConfig = ''] = args;
  if (args.length !== 3) return showHelp();
  const isPulled = pulls(given, context.pullImageOnCreate);
  const images = isPulled ? await context.images() : undefined;
  const runtime = await context.runtime(given['cancel-timeout']);
  const id = await wrapped('creating container', () =>
    createContainer(context, { runtime, images }, given, { pod, config, podConfig }),
  );
  await context.out.line(id);
}

const runFlags = {
  auth: login.auth,
  'cancel-timeout': duration(
    'Seconds to wait for a container create request before cancelling the request',
    { aliases: ['T'] },
  ),
  creds: login.creds,
  'no-pull': bool('Do not pull the image (overrides disable-pull-on-run=false in config)'),
  'pull-timeout': pullTimeout,
  runtime: string(
    'Runtime handler to use. Available options are defined by the container runtime.',
    { aliases: ['r'] },
  ),
  username: string('Use `USERNAME` for accessing the registry. password will be requested'),
  'with-pull': bool('Pull the image (overrides disable-pull-on-run=true in config)'),
};

export const runCommand = crictlCommand({
  name: 'run',
  usage: 'Run a new container inside a sandbox',
  argsUsage: 'container-config.[json|yaml] pod-config.[json|yaml]',
  flags: runFlags,
  subcommands: [schemaCommand],
  run,
});

async function run({ context, flags: given, args, showHelp }: CrictlCall<typeof runFlags>) {
  const [config = '', podConfig = ''] = args;
  if (args.length !== 2) return showHelp();
  const isPulled = pulls(given, !context.disablePullOnRun);
  const images = isPulled ? await context.images() : undefined;
  const runtime = await context.runtime(given['cancel-timeout']);
  await wrapped('running container', async () => {
    const sandbox = await wrapped('load podSandboxConfig', () => loadPodConfig(context, podConfig));
    const pod = await wrapped('run pod sandbox', () =>
      runtime.runPodSandbox(sandbox, given.runtime),
    );
    const id = await wrapped('creating container failed', () =>
      createContainer(context, { runtime, images }, given, { pod, config, podConfig }),
    );
    await wrapped(`starting the container "${id}"`, () => runtime.startContainer(id));
    await context.out.line(id);
  });
}

type PullFlags = Pick<
  Values<typeof createFlags>,
  'auth' | 'creds' | 'no-pull' | 'pull-timeout' | 'username' | 'with-pull'
>;

function pulls({ 'no-pull': no, 'with-pull': yes }: PullFlags, configured: boolean): boolean {
  if (no && yes) throw failure('conflict: no-pull and with-pull are both set');
  return yes || (configured && !no);
}

/** Resolves with its ID (crictl, container.go, CreateContainer). */
async function createContainer(
  context: CrictlContext,
  { runtime, images }: { runtime: RemoteRuntime; images: RemoteImages | undefined },
  given: PullFlags,
  paths: { pod: string; config: string; podConfig: string },
): Promise<string> {
  const config = await loadContainerConfig(context, paths.config);
  const sandbox =
    paths.podConfig === '' ? undefined : await loadPodConfig(context, paths.podConfig);
  const { image: name = '', annotations = {} } = config.image ?? {};
  if (config.image && config.image.userSpecifiedImage === '') {
    config.image.userSpecifiedImage = name;
  }
  if (images) {
    const user = await loginOf(context, given);
    await context.log.info(`Pulling container image: ${name}`);
    const mounted = config.mounts.flatMap(({ image, containerPath }) =>
      image && image.image !== '' ? [{ image: image.image, containerPath }] : [],
    );
    for (const { containerPath } of mounted) {
      await context.log.info(
        `Pulling image ${name} to be mounted to container path: ${containerPath}`,
      );
    }
    for (const image of [name, ...mounted.map((mount) => mount.image)]) {
      const timeout = given['pull-timeout'];
      await pullImage(images, { image, login: user, sandbox, annotations, timeout });
    }
  }
  return runtime.createContainer(paths.pod, config, sandbox);
}
