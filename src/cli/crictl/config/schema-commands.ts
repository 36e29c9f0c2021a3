import { ContainerConfigSchema, PodSandboxConfigSchema } from '#kube/cri/api_pb.ts';
import { bool } from '#cli/urfave/flags.ts';
import { type CrictlCommand, crictlCommand } from '#cli/crictl/crictl-command.ts';
import { printedSchema } from './json-schema.ts';

/** Of commands that take a sandbox's configuration. */
export function podSchemaCommand(usage: string): CrictlCommand {
  return crictlCommand({
    name: 'jsonschema',
    aliases: ['js'],
    usage,
    usageText:
      'The schema will be generated from the PodSandboxConfig of the CRI API compiled with this version of crictl',
    run: ({ context: { out } }) => out.write(printedSchema(PodSandboxConfigSchema)),
  });
}

const of = (what: string, message: string) =>
  `Print the ${what} JSON schema, which will be generated from the ${message} of the CRI API compiled with this version of crictl`;

/** Of commands that take a container's configuration too. */
export const schemaCommand = crictlCommand({
  name: 'jsonschema',
  aliases: ['js'],
  usage: 'Display the JSON schema for the pod or container config',
  shortOptions: true,
  flags: {
    pod: bool(of('pod', 'PodSandboxConfig'), { aliases: ['p'] }),
    container: bool(of('container', 'ContainerConfig'), { aliases: ['c'] }),
  },
  async run({ context: { out }, isGiven, showHelp }) {
    if (!isGiven('pod') && !isGiven('container')) return showHelp();
    if (isGiven('pod')) await out.write(printedSchema(PodSandboxConfigSchema));
    if (isGiven('container')) await out.write(printedSchema(ContainerConfigSchema));
  },
});
