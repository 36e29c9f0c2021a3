import { string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import { quote } from '#kube/go-text.ts';
import {
  allNamespacesFlag,
  dryRunFlag,
  dryRunOf,
  filenameFlag,
  filenameFlags,
  filenames,
  operationText,
  selectorFlag,
} from '#cli/kubectl/common-flags.ts';
import { bool } from '#cli/command/flags.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, forEachInfo } from '#cli/kubectl/objects/find-objects.ts';
import { metadataOf } from '#cli/kubectl/objects/object-info.ts';
import { getObject, patchObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { formatYaml } from '#cli/text/yaml.ts';
import { formatJson } from '#cli/text/json.ts';
import { lastApplied, lastAppliedAnnotation, withLastApplied } from './last-applied.ts';

/** kubectl, pkg/cmd/apply/apply_view_last_applied.go */
export const viewLastApplied = kubectlCommand({
  name: 'view-last-applied',
  use: '(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  flags: {
    ...filenameFlags,
    ...selectorFlag,
    all: bool('All objects of the kinds.'),
    output: string('Output format. Must be one of (yaml, json)', { short: 'o', initial: 'yaml' }),
  },
  async run({ context, flags, args }) {
    const found = await findObjects(context, {
      args,
      files: filenames(flags),
      labelSelector: flags.selector,
      selectAll: flags.all,
      latest: true,
      flatten: true,
    });
    await forEachInfo(found, async ({ object }) => {
      const applied = object && lastApplied(object);
      if (!applied) return;
      if (flags.output === 'json') {
        await context.out.write(`${formatJson(applied, { indent: '  ' })}\n`);
      } else if (flags.output === 'yaml') {
        await context.out.write(formatYaml(applied));
      } else {
        throw failure(
          `Unexpected -o output mode: ${flags.output}, the flag 'output' must be one of yaml|json`,
        );
      }
    });
  },
});

/** kubectl, pkg/cmd/apply/apply_set_last_applied.go */
export const setLastApplied = kubectlCommand({
  name: 'set-last-applied',
  use: '-f FILENAME',
  short:
    'Set the last-applied-configuration annotation on a live object to match the contents of a file',
  flags: {
    ...filenameFlag,
    ...dryRunFlag,
    ...printFlags,
    'create-annotation': bool('Create the annotation where there is none.'),
  },
  async run({ context, flags }) {
    const dryRun = await dryRunOf(context, flags['dry-run']);
    const found = await findObjects(context, { files: filenames(flags), flatten: true });
    const printer = await objectPrinter(context, flags, operationText('configured', dryRun));
    await forEachInfo(found, async (info) => {
      const { object, name } = info;
      if (!object) return;
      const live = await getObject(context, info);
      if (lastApplied(live) === undefined && !flags['create-annotation']) {
        throw failure(
          `no last-applied-configuration annotation found on resource: ${quote(name)}, to create the annotation, run the command with --create-annotation`,
        );
      }
      const text = metadataOf(withLastApplied(object)).annotations?.[lastAppliedAnnotation];
      const patch = { metadata: { annotations: { [lastAppliedAnnotation]: text } } };
      const patched =
        dryRun === 'client'
          ? live
          : await patchObject(context, info, JSON.stringify(patch), {
              type: 'merge',
              dryRun: dryRun === 'server',
            });
      await context.out.write(printer.print(patched));
    });
  },
});

export const editLastApplied = kubectlCommand({
  name: 'edit-last-applied',
  use: '(RESOURCE/NAME | -f FILENAME)',
  short: 'Edit latest last-applied-configuration annotations of a resource/object',
  flags: { ...filenameFlags, ...allNamespacesFlag },
  run: () => {
    throw failure(
      'edit-last-applied is not supported by this kubectl; use "kubectl apply set-last-applied -f FILENAME"',
    );
  },
});
