import { quote } from '#kube/go-text.ts';
import type { ImageStatusResponse } from '#kube/cri/api_pb.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { goText } from '#cli/text/go-value.ts';
import { list, string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { inspectFlags, nothingFound } from '#cli/crictl/inspect-flags.ts';
import { humanSize } from '#cli/crictl/output/human.ts';
import { protoJson } from '#cli/crictl/output/proto-json.ts';
import { type StatusData, printStatusData } from '#cli/crictl/output/status-data.ts';
import { filterUsage, listImages } from './list-images.ts';

const flags = {
  filter: list(filterUsage, { aliases: ['f'] }),
  name: string('Filter by image name'),
  ...inspectFlags,
};

export const inspectiCommand = crictlCommand({
  name: 'inspecti',
  usage: 'Return the status of one or more images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  shortOptions: true,
  flags,
  run: inspecti,
});

async function inspecti({
  context,
  flags: { name, filter, output, quiet, template },
  args,
  showHelp,
}: CrictlCall<typeof flags>): Promise<void> {
  const images = await context.images();
  const chosen = async () => {
    const found = await wrapped('listing images', () => listImages(images, name, filter));
    return found.map(({ id }) => id);
  };
  const ids = args.length > 0 ? args : await chosen();
  if (ids.length === 0) {
    await context.log.error(nothingFound);
    return showHelp();
  }
  const statuses: StatusData[] = [];
  for (const id of ids) {
    const answer = await wrapped(`image status for ${quote(id)} request`, () =>
      images.imageStatus(id, !quiet),
    );
    const { image, info } = answer;
    if (!image) throw failure(`no such image ${quote(id)} present`);
    if (output === 'table') await context.out.write(table(answer, !quiet));
    else statuses.push({ status: protoJson(image), info });
  }
  await printStatusData(context.out, statuses, output === '' ? 'json' : output, template);
}

function table({ image, info }: ImageStatusResponse, verbose: boolean): string {
  const lines = [
    `ID: ${image?.id ?? ''}`,
    ...(image?.repoTags ?? []).map((tag) => `Tag: ${tag}`),
    ...(image?.repoDigests ?? []).map((digest) => `Digest: ${digest}`),
    `Size: ${humanSize(Number(image?.size ?? 0n), 3)}`,
    ...(verbose ? [`Info: ${goText(info)}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
