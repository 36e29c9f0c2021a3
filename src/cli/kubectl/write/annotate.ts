import { failure } from '#cli/command/errors.ts';
import { dryRunOf, fieldManagerFlag, operationText } from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { metadataOf, type AnyObject } from '#cli/kubectl/objects/object-info.ts';
import { objectPrinter } from '#cli/kubectl/printing/print-flags.ts';
import {
  checkMetadataFlags,
  metadataFlags,
  splitArguments,
  updateMetadata,
  type Pairs,
} from './metadata-update.ts';

/** May always be written over. */
const changeCauseAnnotation = 'kubernetes.io/change-cause';

export const annotateCommand = kubectlCommand({
  name: 'annotate',
  use: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  short: 'Update the annotations on a resource',
  long: 'Adds, changes and removes annotations. What is there already is only changed with --overwrite; KEY- removes.',
  examples: [
    ['An annotation more', "kubectl annotate pods web description='my frontend'"],
    ['Another text', "kubectl annotate --overwrite pods web description='my old frontend'"],
    ['One annotation fewer', 'kubectl annotate pods web description-'],
  ],
  flags: { ...metadataFlags, ...fieldManagerFlag('kubectl-annotate') },
  complete: completeResources,
  async run({ context, flags, args }) {
    const { resources, pairs } = splitArguments(args, 'annotation');
    const parsed = { resources, ...parseAnnotations(pairs) };
    checkMetadataFlags(flags, parsed, 'annotation');
    const dryRun = await dryRunOf(context, flags['dry-run']);
    const operation = operationText('annotated', dryRun);
    await updateMetadata(context, flags, parsed, {
      field: 'annotations',
      check: (object) => {
        if (!flags.overwrite) refuseOverwrites(object, parsed);
      },
      async print(object) {
        await context.out.write((await objectPrinter(context, flags, operation)).print(object));
      },
    });
  },
});

function parseAnnotations(words: readonly string[]): Pick<Pairs, 'set' | 'remove'> {
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) set.set(word.slice(0, equals), word.slice(equals + 1));
    else remove.push(word.slice(0, -1));
  }
  const both = remove.filter((key) => set.has(key));
  if (both.length > 0) {
    throw failure(
      `can not both modify and remove the following annotation(s) in the same command: ${both.join(', ')}`,
    );
  }
  return { set, remove };
}

function refuseOverwrites(object: AnyObject, { set }: Pairs): void {
  const annotations = metadataOf(object).annotations ?? {};
  const refused = [...set.keys()].filter(
    (key) =>
      key !== changeCauseAnnotation &&
      annotations[key] !== undefined &&
      annotations[key] !== set.get(key),
  );
  if (refused.length === 0) return;
  const texts = refused.map((key) => `'${key}' already has a value (${annotations[key] ?? ''})`);
  throw failure(
    `--overwrite is false but found the following declared annotation(s): ${texts.join('; ')}`,
  );
}
