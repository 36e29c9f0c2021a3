import { asSandglassError } from '#base/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { ContainerEventResponse } from '#kube/cri/api_pb.ts';
import { failure, wrapped } from '#cli/command/errors.ts';
import { string } from '#cli/urfave/flags.ts';
import { type CrictlCall, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { inspectFlags } from '#cli/crictl/inspect-flags.ts';
import { printedProtoJson, printedProtoYaml, protoJson } from '#cli/crictl/output/proto-json.ts';
import { executeTemplate, parseTemplate } from '#cli/crictl/output/template.ts';

const flags = {
  output: string('Output format, One of: json|yaml|go-template', {
    aliases: ['o'],
    initial: 'json',
  }),
  template: inspectFlags.template,
};

type EventsCall = CrictlCall<typeof flags>;

export const eventsCommand = crictlCommand({
  name: 'events',
  aliases: ['event'],
  usage: 'Stream the events of containers',
  shortOptions: true,
  flags,
  run: events,
});

async function events({ context, flags: given, args, showHelp }: EventsCall): Promise<void> {
  if (args.length > 0) return showHelp();
  const { output, template } = given;
  checkFormat(given);
  const runtime = await context.runtime();
  await wrapped('getting container events', async () => {
    for await (const event of runtime.containerEvents()) {
      await context.out.write(eventText(event, output, template));
    }
  });
}

function checkFormat({ output, template }: EventsCall['flags']): void {
  switch (output) {
    case 'json':
    case 'yaml':
      if (template !== '') throw failure(`template can't be used with ${quote(output)} format`);
      return;
    case 'go-template':
      wrapped('failed to parse go-template', () => parseTemplate(template));
      return;
    default:
      throw failure(`don't support ${quote(output)} format`);
  }
}

/** An event that the template cannot print does not end those after it. */
function eventText(event: ContainerEventResponse, output: string, template: string): string {
  if (output === 'json') return printedProtoJson(event);
  if (output === 'yaml') return printedProtoYaml(event);
  try {
    return `${executeTemplate(template, protoJson(event))}\n`;
  } catch (error) {
    const why = asSandglassError(error).message;
    return `failed to format container event with the error: ${why}\n`;
  }
}
