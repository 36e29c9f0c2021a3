import { create } from '@bufbuild/protobuf';
import { quote } from '#kube/go-text.ts';
import { type Container, ContainerState, ListContainersResponseSchema } from '#kube/cri/api_pb.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { bool, int, list, string } from '#cli/urfave/flags.ts';
import type { CrictlContext } from '#cli/crictl/context.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { parseLabels } from '#cli/crictl/filters.ts';
import { Display, truncatedId } from '#cli/crictl/output/display.ts';
import { ago } from '#cli/crictl/output/human.ts';
import { labelLines } from '#cli/crictl/output/labels.ts';
import { printedProtoJson, printedProtoYaml } from '#cli/crictl/output/proto-json.ts';
import type { RemoteImages } from '#cli/crictl/remote/remote-images.ts';
import { labelOf, listContainers } from './list-containers.ts';

const flags = {
  all: bool('Show all containers', { aliases: ['a'] }),
  id: string('Filter by container id'),
  image: string('Filter by container image'),
  label: list('Filter by key=value label'),
  last: int('Show last n recently created containers (includes all states). Set 0 for unlimited.', {
    aliases: ['n'],
  }),
  latest: bool('Show the most recently created container (includes all states)', {
    aliases: ['l'],
  }),
  name: string('Filter by container name regular expression pattern'),
  namespace: string('Filter by pod namespace regular expression pattern'),
  'no-trunc': bool('Show output without truncating the ID'),
  output: string('Output format, One of: json|yaml|table', { aliases: ['o'], initial: 'table' }),
  pod: string('Filter by pod id', { aliases: ['p'] }),
  quiet: bool('Only display container IDs', { aliases: ['q'] }),
  'resolve-image-path': bool('Show image path instead of image id', { aliases: ['r'] }),
  state: string('Filter by container state', { aliases: ['s'] }),
  verbose: bool('Show verbose information for containers', { aliases: ['v'] }),
};

type PsCall = CrictlCall<typeof flags>;

export const psCommand = crictlCommand({
  name: 'ps',
  usage: 'List containers',
  shortOptions: true,
  flags,
  run: ps,
});

async function ps(call: PsCall): Promise<void> {
  const { context, flags: given, args, showHelp } = call;
  if (args.length > 0) return showHelp();
  const runtime = await context.runtime();
  const images = await context.images();
  const labels = parseLabels(given.label);
  await wrapped('listing containers', async () => {
    const containers = await wrapped('list containers', () =>
      listContainers(context, runtime, images, { ...given, labels }),
    );
    await print(call, images, containers);
  });
}

async function print(
  { context, flags: { output, quiet, verbose, ...given } }: PsCall,
  images: RemoteImages,
  containers: Container[],
): Promise<void> {
  const { out } = context;
  const whole = () => create(ListContainersResponseSchema, { containers });
  if (output === 'json') return out.write(printedProtoJson(whole()));
  if (output === 'yaml') return out.write(printedProtoYaml(whole()));
  if (output !== 'table') throw failure(`unsupported output format ${quote(output)}`);
  if (quiet) return out.write(containers.map(({ id }) => `${id}\n`).join(''));
  if (verbose) {
    return out.write(containers.map((container) => details(context, container)).join(''));
  }
  const display = new Display(out);
  display.addRow([
    ...['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT'],
    ...['POD ID', 'POD', 'NAMESPACE'],
  ]);
  for (const container of containers) {
    const { id, podSandboxId, createdAt, state, metadata } = container;
    const short = (text: string) => (given['no-trunc'] ? text : truncatedId(text));
    display.addRow([
      short(id),
      await imageName(images, container, given),
      ago(createdAt, context.clock.wallTime()),
      stateName(state),
      metadata?.name ?? '',
      String(metadata?.attempt ?? 0),
      short(podSandboxId),
      labelOf(container, 'io.kubernetes.pod.name'),
      labelOf(container, 'io.kubernetes.pod.namespace'),
    ]);
  }
  await display.flush();
}

/** By its ID, as the kubelet names it in what it asks for; by its first tag if that is wanted. */
async function imageName(
  images: RemoteImages,
  { image }: Container,
  {
    'no-trunc': whole,
    'resolve-image-path': resolve,
  }: Pick<PsCall['flags'], 'no-trunc' | 'resolve-image-path'>,
): Promise<string> {
  const name = image?.image ?? '';
  const digest = /^(sha256|sha384|sha512):[a-f0-9]{64,}$/.exec(name);
  const shown = digest && !whole ? truncatedId(name, `${digest[1] ?? ''}:`) : name;
  if (!resolve) return shown;
  const status = await wrapped('failed to fetch repo image', () =>
    images.imageStatus(shown, false),
  );
  return status.image?.repoTags[0] ?? shown;
}

function details({ clock }: CrictlContext, container: Container): string {
  const { id, podSandboxId, metadata, state, image, createdAt, labels, annotations } = container;
  const lines = [
    `ID: ${id}`,
    `PodID: ${podSandboxId}`,
    `Namespace: ${labelOf(container, 'io.kubernetes.pod.namespace')}`,
    ...(metadata && metadata.name !== '' ? [`Name: ${metadata.name}`] : []),
    ...(metadata ? [`Attempt: ${metadata.attempt}`] : []),
    `State: ${stateName(state)}`,
    ...(image ? [`Image: ${image.image}`] : []),
    `Created: ${ago(createdAt, clock.wallTime())}`,
    ...labelLines('Labels', labels),
    ...labelLines('Annotations', annotations),
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function stateName(state: ContainerState): string {
  switch (state) {
    case ContainerState.CONTAINER_CREATED:
      return 'Created';
    case ContainerState.CONTAINER_RUNNING:
      return 'Running';
    case ContainerState.CONTAINER_EXITED:
      return 'Exited';
    default:
      return 'Unknown';
  }
}
