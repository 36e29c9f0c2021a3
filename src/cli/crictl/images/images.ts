import { create } from '@bufbuild/protobuf';
import { type Image, ListImagesResponseSchema } from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import { bool, list, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { Display, truncatedId } from '#cli/crictl/output/display.ts';
import { humanSize } from '#cli/crictl/output/human.ts';
import { printedProtoJson, printedProtoYaml } from '#cli/crictl/output/proto-json.ts';
import { protoText } from '#cli/crictl/output/proto-text.ts';
import { filterUsage, listImages, repoDigest, repoTagPairs } from './list-images.ts';

const flags = {
  digests: bool('Show digests'),
  filter: list(filterUsage, { aliases: ['f'] }),
  'no-trunc': bool('Show output without truncating the ID'),
  output: string('Output format, One of: json|yaml|table', { aliases: ['o'] }),
  pinned: bool('Show whether the image is pinned or not'),
  quiet: bool('Only show image IDs', { aliases: ['q'] }),
  verbose: bool('Show verbose info for images', { aliases: ['v'] }),
};

type ImagesCall = CrictlCall<typeof flags>;

export const imagesCommand = crictlCommand({
  name: 'images',
  aliases: ['image', 'img'],
  usage: 'List images',
  argsUsage: '[REPOSITORY[:TAG]]',
  shortOptions: true,
  flags,
  run: images,
});

async function images(call: ImagesCall): Promise<void> {
  const { context, flags: given, args, showHelp } = call;
  if (args.length > 1) return showHelp();
  const service = await context.images();
  const found = await wrapped('listing images', () =>
    listImages(service, args[0] ?? '', given.filter),
  );
  const { out } = context;
  const whole = () => create(ListImagesResponseSchema, { images: found });
  if (given.output === 'json') return out.write(printedProtoJson(whole()));
  if (given.output === 'yaml') return out.write(printedProtoYaml(whole()));
  if (given.quiet) return out.write(found.map(({ id }) => `${id}\n`).join(''));
  if (given.verbose) return out.write(found.map(details).join(''));
  await printTable(call, found);
}

async function printTable(
  { context: { out }, flags: { digests, pinned, 'no-trunc': whole } }: ImagesCall,
  found: readonly Image[],
): Promise<void> {
  const display = new Display(out);
  const row = (
    cells: Readonly<Record<'name' | 'tag' | 'digest' | 'id' | 'size' | 'pinned', string>>,
  ) =>
    display.addRow([
      ...[cells.name, cells.tag],
      ...(digests ? [cells.digest] : []),
      ...[cells.id, cells.size],
      ...(pinned ? [cells.pinned] : []),
    ]);
  row({
    ...{ name: 'IMAGE', tag: 'TAG', digest: 'DIGEST' },
    ...{ id: 'IMAGE ID', size: 'SIZE', pinned: 'PINNED' },
  });
  const short = (text: string) => (whole ? text : truncatedId(text, 'sha256:'));
  for (const { id, repoTags, repoDigests, size, pinned: isPinned } of found) {
    const { name: repository, digest } = repoDigest(repoDigests);
    for (const [name, tag] of repoTagPairs(repoTags, repository)) {
      row({
        ...{ name, tag, digest: short(digest), id: short(id) },
        ...{ size: humanSize(Number(size), 3), pinned: String(isPinned) },
      });
    }
  }
  await display.flush();
}

function details({ id, repoTags, repoDigests, size, uid, username, pinned }: Image): string {
  const lines = [
    `ID: ${id}`,
    ...repoTags.map((tag) => `RepoTags: ${tag}`),
    ...repoDigests.map((digest) => `RepoDigests: ${digest}`),
    ...(size === 0n ? [] : [`Size: ${size}`]),
    ...(uid ? [`Uid: ${protoText(uid)}`] : []),
    ...(username === '' ? [] : [`Username: ${username}`]),
    ...(pinned ? ['Pinned: true'] : []),
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}
