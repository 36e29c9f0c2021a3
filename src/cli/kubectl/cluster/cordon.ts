import { asSandglassError } from '#base/errors.ts';
import type { Node } from '#kube/types.ts';
import { quote } from '#kube/go-text.ts';
import { bool, duration, int, string } from '#cli/command/flags.ts';
import { failure, throwFailures, usageError } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import { dryRunFlag, dryRunOf, operationText, selectorFlag } from '#cli/kubectl/common-flags.ts';
import { completeNodes } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects } from '#cli/kubectl/objects/find-objects.ts';
import { patchObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';

const flags = { ...printFlags, ...dryRunFlag, ...selectorFlag };

type CordonCall = Call<KubectlContext, typeof flags>;

export const cordonCommand = kubectlCommand({
  name: 'cordon',
  use: 'NODE',
  short: 'Mark node as unschedulable',
  examples: [['No new pods for the node', 'kubectl cordon node-1']],
  flags,
  complete: completeNodes,
  run: (call) => cordon(call, true),
});

export const uncordonCommand = kubectlCommand({
  name: 'uncordon',
  use: 'NODE',
  short: 'Mark node as schedulable',
  examples: [['New pods for the node again', 'kubectl uncordon node-1']],
  flags,
  complete: completeNodes,
  run: (call) => cordon(call, false),
});

/** kubectl, pkg/cmd/drain/drain.go, RunCordonOrUncordon */
async function cordon(call: CordonCall, unschedulable: boolean): Promise<void> {
  const { context, flags: given, args, path } = call;
  const dryRun = await dryRunOf(context, given['dry-run']);
  if (args.length === 0 && given.selector === '') {
    throw usageError(path, `USAGE: ${call.path.split(' ').at(-1) ?? ''} NODE [flags]`);
  }
  if (args.length > 0 && given.selector !== '') {
    throw usageError(path, 'error: cannot specify both a node name and a --selector option');
  }
  const { infos, errors } = await findObjects(context, {
    ...(given.selector === ''
      ? { args, defaultType: 'nodes' }
      : { args: ['nodes'], labelSelector: given.selector }),
    flatten: true,
  });
  throwFailures(errors);
  const word = unschedulable ? 'cordoned' : 'uncordoned';
  for (const info of infos) {
    const { object, resource } = info;
    if (!object) continue;
    if (resource.kind !== 'Node') {
      throw failure(`error: expected resource of type node, got ${quote(resource.resource)}`);
    }
    const isSo = ((object as unknown as Node).spec?.unschedulable ?? false) === unschedulable;
    let result = object;
    if (!isSo && dryRun !== 'client') {
      const patch = { spec: { unschedulable: unschedulable ? true : null } };
      try {
        result = await patchObject(context, info, JSON.stringify(patch), {
          type: 'strategic',
          dryRun: dryRun === 'server',
        });
      } catch (error) {
        if (context.signal.aborted) throw error;
        const verb = unschedulable ? 'cordon' : 'uncordon';
        await context.err.line(
          `error: unable to ${verb} node ${quote(info.name)}: ${asSandglassError(error).message}`,
        );
        continue;
      }
    }
    const operation = operationText(isSo ? `already ${word}` : word, dryRun);
    await context.out.write((await objectPrinter(context, given, operation)).print(result));
  }
}

export const drainCommand = kubectlCommand({
  name: 'drain',
  use: 'NODE',
  short: 'Drain node in preparation for maintenance',
  long: 'Not supported here: this server does not evict pods. Cordon the node and delete its pods instead.',
  flags: {
    ...flags,
    'chunk-size': int('Read long lists in parts of this size.', { initial: 500 }),
    'delete-emptydir-data': bool('Go on if there are pods with emptyDir volumes.'),
    'disable-eviction': bool('Delete pods instead of evicting them.'),
    force: bool('Go on if there are pods that nobody would make anew.'),
    'grace-period': int('Seconds for each pod to end by itself.', { initial: -1 }),
    'ignore-daemonsets': bool('Leave pods of daemon sets alone.'),
    'pod-selector': string('Only pods with these labels.'),
    'skip-wait-for-delete-timeout': int('Do not wait for pods that are being deleted for longer.'),
    timeout: duration('How long to wait before giving up.'),
  },
  complete: completeNodes,
  run: () => {
    throw failure(
      'drain is not supported: this server has no eviction. Use "kubectl cordon NODE", then delete the pods: kubectl delete pods -A --field-selector spec.nodeName=NODE',
    );
  },
});
