import { bool, string, type Values } from '#cli/command/flags.ts';
import { asSandglassError } from '#base/errors.ts';
import { failure } from '#cli/command/errors.ts';
import { quote } from '#kube/go-text.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { readTextFile } from '#cli/kubectl/objects/manifest-files.ts';
import { customColumnsFilePrinter, customColumnsPrinter } from './custom-columns.ts';
import { jsonPathPrinter } from './jsonpath-printer.ts';
import { goTemplatePrinter } from './go-template-printer.ts';
import { jsonPrinter, kyamlPrinter, namePrinter, yamlPrinter } from './plain-printers.ts';
import type { ObjectPrinter } from './printer.ts';

const templateFormats = [
  'go-template',
  'go-template-file',
  'template',
  'templatefile',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
];
const plainFormats = ['json', 'yaml', 'kyaml', 'name', ...templateFormats];

/** Of commands that say what they did, and print objects if asked to (cli-runtime, pkg/genericclioptions/print_flags.go). */
export const printFlags = {
  'allow-missing-template-keys': bool(
    'Leave out fields that are not there, in templates and JSONPath, instead of failing.',
    { initial: true },
  ),
  output: string(`Output format. One of: (${plainFormats.join(', ')}).`, { short: 'o' }),
  'show-managed-fields': bool('Keep managedFields in JSON and YAML.'),
  template: string('Template, or the path of a file with it, for the template formats.'),
};

export type PrintFlags = Values<typeof printFlags>;

interface Template {
  format: string;
  /** After `=`, or given by --template. */
  text: string;
}

/** Such as `jsonpath={.metadata.name}`; upstream wants the template in one of two places. */
function templateOf(output: string, template: string): Template {
  const equals = output.indexOf('=');
  if (template !== '' || equals < 0) return { format: output, text: template };
  return { format: output.slice(0, equals), text: output.slice(equals + 1) };
}

/** The printer that `-o` asks for; without one, a line saying what was done to each object. */
export async function objectPrinter(
  context: KubectlContext,
  flags: PrintFlags,
  operation: string,
): Promise<ObjectPrinter> {
  const isTemplate = flags.template !== '' && flags.output === '';
  const output = isTemplate ? 'go-template' : flags.output;
  if (output === '') return namePrinter(operation);
  return (await explicitPrinter(context, output, flags)) ?? noPrinter(output, plainFormats);
}

export function noPrinter(output: string, formats: readonly string[]): never {
  throw failure(
    `unable to match a printer suitable for the output format ${quote(output)}, allowed formats are: ${[...formats].sort().join(',')}`,
  );
}

/** `undefined` if the format is none of those for whole objects. */
export async function explicitPrinter(
  context: KubectlContext,
  output: string,
  flags: PrintFlags,
): Promise<ObjectPrinter | undefined> {
  switch (output.toLowerCase()) {
    case 'json':
      return jsonPrinter(flags['show-managed-fields']);
    case 'yaml':
      return yamlPrinter(flags['show-managed-fields']);
    case 'kyaml':
      return kyamlPrinter(flags['show-managed-fields']);
    case 'name':
      return namePrinter('');
  }
  const { format, text } = templateOf(output, flags.template);
  if (!templateFormats.includes(format)) return undefined;
  if (text === '') throw failure('template format specified but no template given');
  const isFile = format.endsWith('file');
  const template = isFile ? await readTemplate(context, text, '--template') : text;
  const allowMissingKeys = flags['allow-missing-template-keys'];
  if (!format.startsWith('jsonpath')) return goTemplatePrinter(template, allowMissingKeys);
  return jsonPathPrinter(template, {
    allowMissingKeys,
    outputJson: format === 'jsonpath-as-json',
  });
}

export const columnFormats = ['custom-columns', 'custom-columns-file', 'wide'];
export const getFormats = [...plainFormats, ...columnFormats];

/** Of `custom-columns=…`; `undefined` for other formats. */
export async function columnsPrinter(
  context: KubectlContext,
  output: string,
  flags: PrintFlags,
  noHeaders: boolean,
): Promise<ObjectPrinter | undefined> {
  const { format, text } = templateOf(output, flags.template);
  if (!format.startsWith('custom-columns') || !columnFormats.includes(format)) return undefined;
  if (text === '') {
    throw failure('custom-columns format specified but no custom columns given');
  }
  return format === 'custom-columns'
    ? customColumnsPrinter(text, noHeaders)
    : customColumnsFilePrinter(await readTemplate(context, text, 'template'));
}

async function readTemplate(context: KubectlContext, path: string, what: string): Promise<string> {
  try {
    return await readTextFile(context, path);
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw failure(`error reading ${what} ${path}, ${asSandglassError(error).message}`);
  }
}
