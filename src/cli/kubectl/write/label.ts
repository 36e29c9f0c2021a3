import { isLabelValue } from '#kube/validation/names.ts';
import { quote } from '#kube/go-text.ts';
import { failure, throwFailures } from '#cli/command/errors.ts';
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
  type MetadataChange,
  type Pairs,
} from './metadata-update.ts';

export const labelCommand = kubectlCommand({
  name: 'label',
  use: '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]',
  short: 'Update the labels on a resource',
  long: 'Adds, changes and removes labels. What is there already is only changed with --overwrite; KEY- removes.',
  examples: [
    ['A label more', 'kubectl label pods web unhealthy=true'],
    ['Another value', 'kubectl label --overwrite pods web status=unhealthy'],
    ['On all pods of the namespace', 'kubectl label pods --all status=unhealthy'],
    ['One label fewer', 'kubectl label pods web status-'],
  ],
  flags: { ...metadataFlags, ...fieldManagerFlag('kubectl-label') },
  complete: completeResources,
  async run({ context, flags, args }) {
    const { resources, pairs } = splitArguments(args, 'label');
    const parsed = { resources, ...parseLabels(pairs) };
    checkMetadataFlags(flags, parsed, 'label');
    const dryRun = await dryRunOf(context, flags['dry-run']);
    await updateMetadata(context, flags, parsed, {
      field: 'labels',
      async check(object) {
        const labels = metadataOf(object).labels ?? {};
        const isLocal = flags.local || flags.list || dryRun === 'client';
        for (const key of parsed.remove) {
          if (!isLocal && labels[key] === undefined) {
            await context.out.line(`label ${quote(key)} not found.`);
          }
        }
        if (!flags.overwrite) refuseOverwrites(object, parsed);
      },
      async print(object, change) {
        const operation = operationText(changeText(change), dryRun);
        await context.out.write((await objectPrinter(context, flags, operation)).print(object));
      },
    });
  },
});

function parseLabels(words: readonly string[]): Pick<Pairs, 'set' | 'remove'> {
  const set = new Map<string, string>();
  const remove: string[] = [];
  for (const word of words) {
    if (!word.includes('=')) {
      remove.push(word.slice(0, -1));
      continue;
    }
    const [key = '', value = '', ...rest] = word.split('=');
    if (rest.length > 0) throw failure(`invalid label spec: ${word}`);
    const problems = isLabelValue(value);
    if (problems.length > 0) {
      throw failure(`invalid label value: ${quote(word)}: ${problems.join(';')}`);
    }
    set.set(key, value);
  }
  if (remove.some((key) => set.has(key))) {
    throw failure('can not both modify and remove a label in the same command');
  }
  return { set, remove };
}

function refuseOverwrites(object: AnyObject, { set }: Pairs): void {
  const labels = metadataOf(object).labels ?? {};
  const refused = [...set].filter(
    ([key, value]) => labels[key] !== undefined && labels[key] !== value,
  );
  throwFailures(
    refused.map(([key]) =>
      failure(`'${key}' already has a value (${labels[key] ?? ''}), and --overwrite is false`),
    ),
  );
}

/** kubectl, pkg/cmd/label/label.go, updateDataChangeMsg */
function changeText({ added, removed }: MetadataChange): string {
  if (added.length > 0) return removed.length > 0 ? 'modified' : 'labeled';
  return removed.length > 0 ? 'unlabeled' : 'not labeled';
}
