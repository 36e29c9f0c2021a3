import { isNotFound } from '#kube/status.ts';
import { bool, duration, int, string } from '#cli/command/flags.ts';
import { failure } from '#cli/command/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  allNamespacesFlag,
  dryRunFlag,
  dryRunOf,
  fieldSelectorFlag,
  filenameFlags,
  filenames,
  operationText,
  selectorFlag,
} from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { withSource } from '#cli/kubectl/error-text.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, forEachInfo, type Found } from '#cli/kubectl/objects/find-objects.ts';
import {
  kindText,
  metadataOf,
  type AnyObject,
  type Info,
} from '#cli/kubectl/objects/object-info.ts';
import { sendRaw } from '#cli/kubectl/objects/raw.ts';
import { deleteObject } from '#cli/kubectl/objects/request.ts';
import { waitForDeletion, waitLimit } from '#cli/kubectl/wait/until.ts';
import { readLine } from '#cli/text/read-line.ts';

const flags = {
  ...filenameFlags,
  ...selectorFlag,
  ...fieldSelectorFlag,
  ...allNamespacesFlag,
  ...dryRunFlag,
  all: bool('All objects of the kinds.'),
  cascade: string(
    'What becomes of what belongs to the object. Must be "background", "orphan", or "foreground".',
    { initial: 'background', implied: 'background' },
  ),
  force: bool('Delete at once, without the grace period.'),
  'grace-period': int(
    'Seconds that the object gets to end by itself; negative for its own, 0 only with --force.',
    { initial: -1 },
  ),
  'ignore-not-found': bool('Do not fail because of objects that do not exist.'),
  interactive: bool('Ask before deleting.', { short: 'i' }),
  now: bool('Give it one second only; the same as --grace-period=1.'),
  output: string('Output mode. Use "-o name" for shorter output (resource/name).', { short: 'o' }),
  raw: string('Path to send DELETE to, as it is.'),
  timeout: duration('How long to wait for the end; 0 waits for as long as it takes.'),
  wait: bool('Wait until the objects are gone.', { initial: true }),
};

type DeleteCall = Call<KubectlContext, typeof flags>;

export const deleteCommand = kubectlCommand({
  name: 'delete',
  use: '([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])',
  short:
    'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  long: `Deletes objects given by file, by name or by label.

 A pod gets a time to end by itself (30 seconds unless it says otherwise); --grace-period changes it, and --force does
 without: the pod's entry is then gone at once, while its processes may live on for a moment.`,
  examples: [
    ['The pod of a file', 'kubectl delete -f ./pod.yaml'],
    ['Two pods by name', 'kubectl delete pod web db'],
    ['Everything with a label', 'kubectl delete pods,configmaps -l app=web'],
    ['As fast as can be', 'kubectl delete pod web --now'],
  ],
  flags,
  suggestFor: ['rm', 'remove'],
  complete: completeResources,
  run: deleteObjects,
});

export interface DeleteFacts {
  /** Below zero for the object's own. */
  gracePeriod: number;
  propagationPolicy: string;
  dryRun: 'none' | 'client' | 'server';
  output: string;
  quiet?: boolean;
}

async function deleteObjects(call: DeleteCall): Promise<void> {
  const { context } = call;
  if (call.flags.raw !== '') {
    await deleteRaw(call);
    return;
  }
  const options = await optionsOf(call);
  const { isExplicit } = await context.namespace();
  const found = await find(call);
  const isWanted = call.flags.interactive ? await confirmed(call, found) : true;
  if (!isWanted) return;
  const ignore = ignoresMissing(call) ? isNotFound : () => false;
  const deleted: { info: Info; uid: string | undefined }[] = [];
  let warnsOfScope = isExplicit && !call.flags['all-namespaces'];
  await forEachInfo(
    found,
    async (info) => {
      if (warnsOfScope && !info.resource.namespaced) {
        await context.warn(
          'deleting cluster-scoped resources, not scoped to the provided namespace',
        );
        warnsOfScope = false;
      }
      deleted.push({ info, uid: await deleteOne(context, info, options) });
    },
    ignore,
  );
  if (found.infos.length === 0) {
    await context.out.line('No resources found');
  } else if (call.flags.wait && options.dryRun === 'none') {
    const timeout = call.flags.timeout === 0 ? waitLimit : call.flags.timeout;
    for (const { info, uid } of deleted) await waitForDeletion(context, info, { uid, timeout });
  }
}

async function deleteRaw({ context, flags: given, args }: DeleteCall): Promise<void> {
  if (args.length > 0) throw failure('arguments may not be passed when --raw is specified');
  await sendRaw(context, { method: 'DELETE', path: given.raw });
}

async function optionsOf({ context, flags: given }: DeleteCall): Promise<DeleteFacts> {
  const { force, now, output, cascade } = given;
  if (output !== '' && output !== 'name') {
    throw failure(`unexpected -o output mode: ${output}. We only support '-o name'`);
  }
  if (now && given['grace-period'] !== -1) {
    throw failure('--now and --grace-period cannot be specified together');
  }
  const gracePeriod = gracePeriodOf(now ? 1 : given['grace-period'], force);
  if (gracePeriod === 0 && force) {
    await context.warn(
      'Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  } else if (gracePeriod > 0 && force) {
    throw failure('--force and --grace-period greater than 0 cannot be specified together');
  }
  const dryRun = await dryRunOf(context, given['dry-run']);
  return { gracePeriod, propagationPolicy: policyOf(cascade), dryRun, output };
}

/** A grace period of 0 wants --force too (delete.go, Complete). */
function gracePeriodOf(asked: number, force: boolean): number {
  if (asked === 0 && !force) return 1;
  return force && asked < 0 ? 0 : asked;
}

const policies: Readonly<Record<string, string>> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
};

export function policyOf(cascade: string): string {
  const policy = policies[cascade];
  if (policy !== undefined) return policy;
  throw failure(
    `invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`,
  );
}

function find({ context, flags: given, args }: DeleteCall): Promise<Found> {
  return findObjects(context, {
    args,
    files: filenames(given),
    labelSelector: given.selector,
    fieldSelector: given['field-selector'],
    selectAll: given.all,
    allNamespaces: given['all-namespaces'],
    requireObject: false,
    flatten: true,
  });
}

function ignoresMissing({ flags: given, isGiven }: DeleteCall): boolean {
  if (isGiven('ignore-not-found')) return given['ignore-not-found'];
  return given.all || given.selector !== '' || given['field-selector'] !== '';
}

async function confirmed({ context }: DeleteCall, { infos }: Found): Promise<boolean> {
  if (infos.length === 0) return true;
  const lines = infos.map(({ resource, name }) => `${kindText(resource)}/${name}\n`).join('');
  await context.out.write(
    `You are about to delete the following ${infos.length} resource(s):\n${lines}Do you want to continue? (y/N): `,
  );
  const answer = await readLine(context.invocation.stdin, context.signal);
  if (answer?.trim().toLowerCase() === 'y') return true;
  await context.out.line('deletion is cancelled');
  return false;
}

/** Resolves with the UID of what ends now. */
export async function deleteOne(
  context: KubectlContext,
  info: Info,
  facts: DeleteFacts,
): Promise<string | undefined> {
  const { gracePeriod, propagationPolicy, dryRun, quiet } = facts;
  let answer: AnyObject | undefined;
  if (dryRun !== 'client') {
    try {
      answer = await deleteObject(context, info, {
        ...(gracePeriod >= 0 ? { gracePeriodSeconds: gracePeriod } : {}),
        propagationPolicy,
        ...(dryRun === 'server' ? { dryRun: ['All'] } : {}),
      });
    } catch (error) {
      throw withSource('deleting', info.source, error);
    }
  }
  if (!quiet) await context.out.line(deletedText(info, facts));
  const details = answer?.['details'] as { uid?: string } | undefined;
  return answer?.kind === 'Status' ? details?.uid : answer && metadataOf(answer).uid;
}

/** delete.go, PrintObj */
function deletedText(info: Info, { gracePeriod, output, dryRun }: DeleteFacts): string {
  const kind = kindText(info.resource);
  if (output === 'name') return `${kind}/${info.name}`;
  const operation = gracePeriod === 0 ? 'force deleted' : 'deleted';
  const where = info.resource.namespaced
    ? `${operation} from ${info.namespace} namespace`
    : operation;
  return `${kind} "${info.name}" ${operationText(where, dryRun)}`;
}
