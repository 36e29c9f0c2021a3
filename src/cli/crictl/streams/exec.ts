import { failure, wrapped } from '#cli/command/errors.ts';
import { bool, int, list, string } from '#cli/urfave/flags.ts';
import { listContainers } from '#cli/crictl/containers/list-containers.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { parseLabels } from '#cli/crictl/filters.ts';
import type { RemoteImages } from '#cli/crictl/remote/remote-images.ts';
import type { RemoteRuntime } from '#cli/crictl/remote/remote-runtime.ts';
import { together } from '#cli/crictl/together.ts';
import { runSession } from './remote-session.ts';
import { checkTls, streamFlags, transportOf } from './stream-flags.ts';

const forAll = 'Exec command for all containers matching this';

const flags = {
  'ignore-errors': bool('Ignore errors during command execution', { aliases: ['e'] }),
  image: string(`${forAll} container image filter`),
  interactive: bool('Keep STDIN open', { aliases: ['i'] }),
  label: list(`${forAll} key=value label filter`),
  last: int('Exec command for all last n containers, set to 0 for unlimited', {
    aliases: ['n'],
  }),
  latest: bool('Exec command for the most recently created container', { aliases: ['l'] }),
  name: string(`${forAll} name filter regular expression pattern`),
  parallel: bool('Run the command in parallel if multiple containers are selected', {
    aliases: ['x'],
  }),
  pod: string(`${forAll} pod ID filter`, { aliases: ['p'] }),
  quiet: bool('Do not print the container ID if multiple containers are selected', {
    aliases: ['q'],
  }),
  state: string(`${forAll} container state filter`),
  sync: bool('Run the command synchronously', { aliases: ['s'] }),
  timeout: int('Timeout in seconds'),
  'tls-ca': streamFlags['tls-ca'],
  'tls-cert': streamFlags['tls-cert'],
  'tls-key': streamFlags['tls-key'],
  'tls-sni': streamFlags['tls-sni'],
  transport: streamFlags.transport,
  tty: bool('Allocate a pseudo-TTY', { aliases: ['t'] }),
};

type ExecCall = CrictlCall<typeof flags>;

const filters = ['name', 'pod', 'image', 'state', 'label', 'latest', 'last'] as const;

export const execCommand = crictlCommand({
  name: 'exec',
  usage: 'Run a command in a running container',
  argsUsage: '[CONTAINER-ID] COMMAND [ARG...]',
  description: `The CONTAINER-ID is only required if none of the following filter flags are set:
--image, --label, --last, --latest, --name, --pod, --state`,
  shortOptions: true,
  flags,
  run: exec,
});

async function exec(call: ExecCall): Promise<void> {
  const { context, flags: given, args, isGiven, showHelp } = call;
  if (args.length === 0) return showHelp();
  const runtime = await context.runtime();
  const images = await context.images();
  if (given['ignore-errors'] && !given.quiet) {
    await context.log.warn(
      'The `--ignore-errors` option has been set all errors returned by the command will be ignored.',
    );
  }
  const isFiltered = filters.some((name) => isGiven(name));
  const ids = isFiltered ? await chosen(call, runtime, images) : args.slice(0, 1);
  const cmd = isFiltered ? [...args] : args.slice(1);
  if (ids.length === 0) {
    await context.log.error('No containers found per filter flags');
    return showHelp();
  }
  if (cmd.length === 0) return showHelp();
  checkTls(given);
  const isNamed = isFiltered && !given.quiet && !given.parallel;
  const tasks = ids.map((id) => async () => {
    if (isNamed) await context.out.line(`${id}:`);
    await (given.sync ? execSync(call, runtime, id, cmd) : execStreaming(call, runtime, id, cmd));
  });
  try {
    await together(tasks, context.signal);
  } catch (error) {
    if (!given['ignore-errors'] || context.signal.aborted) throw error;
  }
}

async function chosen(
  { context, flags: given }: ExecCall,
  runtime: RemoteRuntime,
  images: RemoteImages,
): Promise<string[]> {
  const { name, pod, image, state, latest, last } = given;
  const labels = parseLabels(given.label);
  const choice = { name, pod, image, state, latest, last, labels, namespace: '', all: false };
  const containers = await wrapped('listing containers', () =>
    listContainers(context, runtime, images, choice),
  );
  return containers.map(({ id }) => id);
}

async function execSync(
  { context: { out }, flags: { timeout } }: ExecCall,
  runtime: RemoteRuntime,
  id: string,
  cmd: string[],
): Promise<void> {
  await wrapped(`execing command in container ${id} synchronously`, async () => {
    const { stdout, stderr, exitCode } = await runtime.execSync(id, cmd, timeout);
    if (exitCode !== 0) {
      const text = new TextDecoder().decode(stderr);
      throw failure(`command '${cmd.join(' ')}' exited with ${exitCode}: ${text}`);
    }
    for (const bytes of [stdout, stderr]) {
      if (bytes.length > 0) await out.bytes(bytes);
      await out.line();
    }
  });
}

async function execStreaming(
  { context, flags: given }: ExecCall,
  runtime: RemoteRuntime,
  id: string,
  cmd: string[],
): Promise<void> {
  const { tty, interactive: stdin } = given;
  await wrapped(`execing command in container ${id}`, async () => {
    const request = { containerId: id, cmd, tty, stdin, stdout: true, stderr: !tty };
    const url = await runtime.exec(request);
    const transport = transportOf(given, 'executor');
    await runSession(context, { url, stdin, tty, transport });
  });
}
