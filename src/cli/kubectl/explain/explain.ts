import { quote } from '#kube/go-text.ts';
import { groupResourceText, parseApiVersion, type Resource } from '#kube/resources.ts';
import { bool, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { requestJson } from '#cli/kubectl/objects/request.ts';
import { SchemaText, type Schema, type Schemas } from './schema-text.ts';

const flags = {
  'api-version': string('Explain this version (group/version).'),
  output: string('Format: plaintext.', { short: 'o', initial: 'plaintext' }),
  recursive: bool('Show the fields of fields, without descriptions.', { short: 'R' }),
};

export const explainCommand = kubectlCommand({
  name: 'explain',
  use: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext]',
  short: 'Get documentation for a resource',
  long: "Describes the fields of the API's objects, as the server documents them.",
  examples: [
    ['A kind', 'kubectl explain pods'],
    ['A field', 'kubectl explain pods.spec.containers'],
    ['All fields below it', 'kubectl explain pods.spec --recursive'],
  ],
  flags,
  complete: completeResources,
  run: explain,
});

async function explain({ context, flags: given, args }: Call<KubectlContext, typeof flags>) {
  const [argument] = args;
  if (argument === undefined) {
    throw failure(
      'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.\n',
    );
  }
  if (args.length > 1) throw failure('We accept only this format: explain RESOURCE\n');
  if (given.output === 'plaintext-openapiv2') {
    throw failure(`${given.output} is not supported by this kubectl: use plaintext`);
  }
  if (given.output !== 'plaintext') throw failure(`unrecognized format: ${given.output}`);
  const { resource, path } = await subjectOf(context, argument, given['api-version']);
  const { group, version, kind } = resource;
  const schemas = await schemasOf(context, resource);
  const schema = schemaOf(schemas, resource);
  if (!schema) {
    throw failure(
      `error: GVK map[group:${group} kind:${kind} version:${version}] not found in OpenAPI schema`,
    );
  }
  const head = [
    ...(group === '' ? [] : [`GROUP:      ${group}`]),
    `KIND:       ${kind}`,
    `VERSION:    ${version}`,
  ];
  await context.out.write(`${head.join('\n')}\n\n`);
  const text = new SchemaText(schemas, given.recursive).describe(schema, path);
  if (text === undefined || text === '') {
    throw failure(`error: field ${quote(path.at(-1) ?? '')} does not exist`);
  }
  await context.out.line(text);
}

/** `leases.coordination.k8s.io.spec`: a resource, perhaps its group, and the way to a field. */
async function subjectOf(
  { discovery }: KubectlContext,
  argument: string,
  apiVersion: string,
): Promise<{ resource: Resource; path: string[] }> {
  const [name = '', ...rest] = argument.replace(/\.$/, '').split('.');
  if (apiVersion !== '') {
    const found = await discovery.exactResourceFor(name);
    return { resource: await inVersion(discovery, found, apiVersion), path: rest };
  }
  // The first whose full name the argument begins with: events of the core group before those of events.k8s.io.
  const named = (await discovery.resources()).find(
    (one) =>
      (one.resource === name || one.singular === name || one.shortNames.includes(name)) &&
      argument.startsWith(groupResourceText(one)),
  );
  if (!named) return { resource: await discovery.exactResourceFor(name), path: rest };
  const after = argument.slice(groupResourceText(named).length);
  return { resource: named, path: after.split('.').filter((part) => part !== '') };
}

async function inVersion(
  discovery: KubectlContext['discovery'],
  { kind, resource }: Resource,
  apiVersion: string,
): Promise<Resource> {
  const found = await discovery.resourceOfKind(apiVersion, kind);
  if (found) return found;
  const { group, version } = parseApiVersion(apiVersion);
  throw failure(`couldn't find resource for "${group}/${version}, Resource=${resource}"`);
}

async function schemasOf(context: KubectlContext, { group, version }: Resource): Promise<Schemas> {
  const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
  const document = await requestJson(context, `/openapi/v3/${path}`);
  const { schemas = {} } = (document['components'] ?? {}) as { schemas?: Schemas };
  return schemas;
}

function schemaOf(schemas: Schemas, wanted: Resource): Schema | undefined {
  return Object.values(schemas).find((schema) =>
    schema['x-kubernetes-group-version-kind']?.some(
      ({ group, version, kind }) =>
        group === wanted.group && version === wanted.version && kind === wanted.kind,
    ),
  );
}
