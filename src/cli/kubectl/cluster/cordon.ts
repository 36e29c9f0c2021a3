import { asSandglassError } from '#base/errors.ts';
import type { Node } from '#kube/types.ts';
import { quote } from '#kube/go-text.ts';
import { failure, throwFailures, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  dryRunFlag,
  dryRunOf,
  operationText,
  selectorFlag,
  type DryRun,
} from '#cli/kubectl/common-flags.ts';
import { completeNodes } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects } from '#cli/kubectl/objects/find-objects.ts';
import type { Info } from '#cli/kubectl/objects/object-info.ts';
import { patchObject } from '#cli/kubectl/objects/request.ts';
import { namePrinter } from '#cli/kubectl/printing/plain-printers.ts';

export const cordonFlags = { ...dryRunFlag, ...selectorFlag };

/** Of drain as well, which has options of its own besides. */
type CordonCall = Pick<
  Call<KubectlContext, typeof cordonFlags>,
  'context' | 'flags' | 'args' | 'path'
>;

export const cordonCommand = kubectlCommand({
  name: 'cordon',
  use: 'NODE',
  short: 'Mark node as unschedulable',
  examples: [['No new pods for the node', 'kubectl cordon node-1']],
  flags: cordonFlags,
  complete: completeNodes,
  run: (call) => cordon(call, true),
});

export const uncordonCommand = kubectlCommand({
  name: 'uncordon',
  use: 'NODE',
  short: 'Mark node as schedulable',
  examples: [['New pods for the node again', 'kubectl uncordon node-1']],
  flags: cordonFlags,
  complete: completeNodes,
  run: (call) => cordon(call, false),
});

async function cordon(call: CordonCall, unschedulable: boolean): Promise<void> {
  const { context, flags } = call;
  const dryRun = await dryRunOf(context, flags['dry-run']);
  for (const node of await nodesOf(call)) {
    await setSchedulable(context, node, { unschedulable, dryRun });
  }
}

/** The nodes that are meant, by name or by label; all of them are there. */
export async function nodesOf({ context, flags, args, path }: CordonCall): Promise<Info[]> {
  const { selector } = flags;
  if (args.length === 0 && selector === '') {
    throw usageError(path, `USAGE: ${path.split(' ').at(-1) ?? ''} NODE [flags]`);
  }
  if (args.length > 0 && selector !== '') {
    throw usageError(path, 'error: cannot specify both a node name and a --selector option');
  }
  const { infos, errors } = await findObjects(context, {
    ...(selector === ''
      ? { args, defaultType: 'nodes' }
      : { args: ['nodes'], labelSelector: selector }),
    flatten: true,
  });
  throwFailures(errors);
  const other = infos.find(({ resource }) => resource.kind !== 'Node');
  if (other) {
    throw failure(`error: expected resource of type node, got ${quote(other.resource.resource)}`);
  }
  return infos;
}

/** kubectl, pkg/cmd/drain/drain.go, RunCordonOrUncordon */
export async function setSchedulable(
  context: KubectlContext,
  info: Info,
  { unschedulable, dryRun }: { unschedulable: boolean; dryRun: DryRun },
): Promise<void> {
  const { object, name } = info;
  if (!object) return;
  const word = unschedulable ? 'cordoned' : 'uncordoned';
  const isSo = ((object as unknown as Node).spec?.unschedulable ?? false) === unschedulable;
  if (!isSo && dryRun !== 'client') {
    const patch = { spec: { unschedulable: unschedulable ? true : null } };
    try {
      await patchObject(context, info, JSON.stringify(patch), {
        type: 'strategic',
        dryRun: dryRun === 'server',
      });
    } catch (error) {
      if (context.signal.aborted) throw error;
      const verb = unschedulable ? 'cordon' : 'uncordon';
      await context.err.line(
        `error: unable to ${verb} node ${quote(name)}: ${asSandglassError(error).message}`,
      );
      return;
    }
  }
  const operation = operationText(isSo ? `already ${word}` : word, dryRun);
  await context.out.write(namePrinter(operation).print(object));
}
