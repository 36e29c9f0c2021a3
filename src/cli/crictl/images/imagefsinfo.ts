import type { FilesystemUsage } from '#kube/cri/api_pb.ts';
import { wrapped } from '#cli/command/errors.ts';
import { crictlCommand } from '#cli/crictl/crictl-command.ts';
import { inspectFlags } from '#cli/crictl/inspect-flags.ts';
import { humanSize } from '#cli/crictl/output/human.ts';
import { protoJson } from '#cli/crictl/output/proto-json.ts';
import { printStatusData } from '#cli/crictl/output/status-data.ts';

export const imagefsinfoCommand = crictlCommand({
  name: 'imagefsinfo',
  usage: 'Return image filesystem info',
  shortOptions: true,
  flags: { output: inspectFlags.output, template: inspectFlags.template },
  async run({ context, flags: { output, template } }) {
    const images = await context.images();
    const info = await wrapped('image filesystem info request', () => images.imageFsInfo());
    if (output === 'table') {
      const text = table('Container', info.containerFilesystems);
      return context.out.write(text + table('Image', info.imageFilesystems));
    }
    const format = output === '' ? 'json' : output;
    await printStatusData(context.out, [{ status: protoJson(info) }], format, template);
  },
});

function table(label: string, filesystems: readonly FilesystemUsage[]): string {
  const lines = filesystems.flatMap(({ timestamp, usedBytes, inodesUsed, fsId }, at) => [
    `TimeStamp[${at}]: ${timestamp}`,
    `Disk[${at}]: ${humanSize(Number(usedBytes?.value ?? 0n))}`,
    `Inodes[${at}]: ${inodesUsed?.value ?? 0n}`,
    `Mountpoint[${at}]: ${fsId?.mountpoint ?? ''}`,
  ]);
  return [`${label} Filesystem `, ...lines].map((line) => `${line}\n`).join('');
}
