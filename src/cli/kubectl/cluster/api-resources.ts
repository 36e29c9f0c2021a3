import { apiVersionOf, groupResourceText, type Resource } from '#kube/resources.ts';
import { bool, list, string } from '#cli/command/flags.ts';
import { failure, usageError } from '#cli/command/errors.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { noPrinter } from '#cli/kubectl/printing/print-flags.ts';
import { jsonPrinter, kyamlPrinter, yamlPrinter } from '#cli/kubectl/printing/plain-printers.ts';
import { aligned, tableOptions } from '#cli/text/tab-writer.ts';
import { compareText } from '#cli/text/json.ts';

const formats = ['json', 'yaml', 'kyaml', 'name', 'wide'];
const listPrinters = { json: jsonPrinter, yaml: yamlPrinter, kyaml: kyamlPrinter };

const flags = {
  'api-group': string('Only of this group.'),
  cached: bool('Do not ask the server again.'),
  categories: list('Only of these categories.'),
  namespaced: bool('Only those that are in namespaces, or with =false those that are not.', {
    initial: true,
  }),
  'no-headers': bool('Leave out the headers.'),
  output: string(`Output format. One of: (${formats.join(', ')}).`, { short: 'o' }),
  'show-managed-fields': bool('Keep managedFields in JSON and YAML.'),
  'sort-by': string("Order of the list: 'name' or 'kind'; by group if left out."),
  verbs: list('Only those that support these verbs.'),
};

export const apiResourcesCommand = kubectlCommand({
  name: 'api-resources',
  use: '[flags]',
  short: 'Print the supported API resources on the server',
  examples: [
    ['All', 'kubectl api-resources'],
    ['With verbs and categories', 'kubectl api-resources -o wide'],
    ['Only those outside of namespaces', 'kubectl api-resources --namespaced=false'],
  ],
  flags,
  async run({ context, flags: given, args, path, isGiven }) {
    if (args.length > 0) throw usageError(path, `unexpected arguments: [${args.join(' ')}]`);
    const sortBy = given['sort-by'];
    if (!['', 'name', 'kind'].includes(sortBy)) {
      throw failure('--sort-by accepts only name or kind');
    }
    const isShown = ({ verbs, group, namespaced, categories }: Resource) =>
      verbs.length > 0 &&
      (!isGiven('api-group') || group === given['api-group']) &&
      (!isGiven('namespaced') || namespaced === given.namespaced) &&
      given.verbs.every((verb) => (verbs as readonly string[]).includes(verb)) &&
      given.categories.every((one) => categories.includes(one));
    const keyOf = ({ resource, kind, group }: Resource) =>
      sortBy === 'name' ? resource : sortBy === 'kind' ? kind : group;
    const shown = (await context.discovery.resources())
      .filter(isShown)
      .sort(
        (one, other) =>
          compareText(keyOf(one), keyOf(other)) || compareText(one.resource, other.resource),
      );
    await context.out.write(textOf(shown, given.output.toLowerCase(), given['no-headers']));
  },
});

function textOf(shown: readonly Resource[], output: string, noHeaders: boolean): string {
  switch (output) {
    case '':
    case 'wide':
      return tableOf(shown, output === 'wide', noHeaders);
    case 'name':
      return shown.map((one) => `${groupResourceText(one)}\n`).join('');
    case 'json':
    case 'yaml':
    case 'kyaml': {
      const list = {
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: '',
        resources: shown.map(entryOf),
      };
      return listPrinters[output](true).print(list, { keepOrder: true });
    }
    default:
      return noPrinter(output, formats);
  }
}

function entryOf(one: Resource): object {
  const { resource, singular, namespaced, group, version, kind } = one;
  return {
    name: resource,
    singularName: singular,
    namespaced,
    ...(group === '' ? {} : { group }),
    version,
    kind,
    verbs: one.verbs,
    ...(one.shortNames.length > 0 ? { shortNames: one.shortNames } : {}),
    ...(one.categories.length > 0 ? { categories: one.categories } : {}),
  };
}

function tableOf(shown: readonly Resource[], isWide: boolean, noHeaders: boolean): string {
  const headers = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'];
  const rows = shown.map((one) => [
    one.resource,
    one.shortNames.join(','),
    apiVersionOf(one),
    String(one.namespaced),
    one.kind,
    ...(isWide ? [one.verbs.join(','), one.categories.join(',')] : []),
  ]);
  const first = [...headers, ...(isWide ? ['VERBS', 'CATEGORIES'] : [])];
  const lines = [...(noHeaders ? [] : [first]), ...rows];
  return aligned(lines.map((cells) => `${cells.join('\t')}\n`).join(''), tableOptions);
}

export const apiVersionsCommand = kubectlCommand({
  name: 'api-versions',
  short: 'Print the supported API versions on the server, in the form of "group/version"',
  examples: [['All', 'kubectl api-versions']],
  async run({ context, args, path }) {
    if (args.length > 0) throw usageError(path, `unexpected arguments: [${args.join(' ')}]`);
    const versions = [...(await context.discovery.versions())].sort(compareText);
    await context.out.write(versions.map((version) => `${version}\n`).join(''));
  },
});
