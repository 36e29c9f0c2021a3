import { isNotFound, StatusError } from '#kube/status.ts';
import { isJsonObject } from '#kube/patch/json.ts';
import { failure, throwFailures, usageError } from '#cli/command/errors.ts';
import {
  dryRunOf,
  fieldValidationOf,
  filenames,
  operationText,
  type DryRun,
} from '#cli/kubectl/common-flags.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { withSource } from '#cli/kubectl/error-text.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects } from '#cli/kubectl/objects/find-objects.ts';
import {
  describeInfo,
  metadataOf,
  type AnyObject,
  type Info,
} from '#cli/kubectl/objects/object-info.ts';
import { createObject, getObject, patchObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter } from '#cli/kubectl/printing/print-flags.ts';
import { applyFlags, type ApplyCall, type ApplyFacts } from './apply-flags.ts';
import { editLastApplied, setLastApplied, viewLastApplied } from './apply-last-applied.ts';
import { patchRetrying } from './apply-patch.ts';
import { lastApplied, lastAppliedAnnotation, withLastApplied } from './last-applied.ts';
import { policyOf } from './delete.ts';
import { allowedResources, prune } from './prune.ts';

export const applyCommand = kubectlCommand({
  name: 'apply',
  use: '(-f FILENAME | -k DIRECTORY)',
  short: 'Apply a configuration to a resource by file name or stdin',
  long: `Makes objects be as files say: creates those that do not exist and changes the others.

 What was applied is kept in an annotation of the object. The next time, fields that were in the file and are no more
 are taken away, and those that others have set stay.`,
  examples: [
    ['What a file says', 'kubectl apply -f ./pod.yaml'],
    ['All manifests of a directory', 'kubectl apply -f ./manifests/'],
    ['From the standard input', 'cat pod.yaml | kubectl apply -f -'],
    ['Only look what would happen', 'kubectl apply -f ./pod.yaml --dry-run=server'],
  ],
  flags: applyFlags,
  subcommands: [viewLastApplied, setLastApplied, editLastApplied],
  run: apply,
});

async function apply(call: ApplyCall): Promise<void> {
  const { context, flags: given, args, path } = call;
  if (args.length > 0) throw usageError(path, `Unexpected args: [${args.join(' ')}]`);
  const dryRun = await dryRunOf(context, given['dry-run']);
  if (given.filename.length === 0 && given.kustomize === '') {
    throw failure('must specify one of -f and -k');
  }
  const allowed = given.prune ? await allowedResources(context, given['prune-allowlist']) : [];
  check(call, dryRun);
  const fieldValidation = fieldValidationOf(given.validate);
  const { infos, errors } = await findObjects(context, {
    files: filenames(given),
    labelSelector: given.selector,
    flatten: true,
  });
  if (infos.length === 0 && errors.length === 0) throw failure('no objects passed to apply');
  const failures = [...errors];
  const applied: AnyObject[] = [];
  const visited = { uids: new Set<string>(), namespaces: new Set<string>() };
  const facts = { fieldManager: given['field-manager'], fieldValidation };
  for (const info of infos) {
    try {
      const { object, operation } = given['server-side']
        ? await applyOnServer(call, info, { ...facts, dryRun })
        : await applyOne(call, info, { ...facts, dryRun });
      applied.push(object);
      visited.uids.add(metadataOf(object).uid ?? '');
      if (info.namespace !== '') visited.namespaces.add(info.namespace);
      if (!printsObjects(given.output, given.template)) {
        await context.out.write(
          (await objectPrinter(context, given, operationText(operation, dryRun))).print(object),
        );
      }
    } catch (error) {
      if (context.signal.aborted) throw error;
      failures.push(error);
    }
  }
  throwFailures(failures);
  if (printsObjects(given.output, given.template)) await printApplied(call, applied);
  if (!given.prune) return;
  await prune(context, {
    ...{ allowed, visited, dryRun, selector: given.selector },
    propagationPolicy: policyOf(given.cascade),
    gracePeriod: given['grace-period'],
  });
}

function check({ flags: given }: ApplyCall, dryRun: DryRun): void {
  const serverSide = given['server-side'];
  if (given['force-conflicts'] && !serverSide) {
    throw failure('--force-conflicts only works with --server-side');
  }
  if (dryRun === 'client' && serverSide) {
    throw failure(
      "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
    );
  }
  if (serverSide && given.force) throw failure('--force cannot be used with --server-side');
  if (dryRun === 'server' && given.force) {
    throw failure('--dry-run=server cannot be used with --force');
  }
  if (given.all && given.selector !== '') {
    throw failure('cannot set --all and --selector at the same time');
  }
  if (given.subresource !== '' && !serverSide) {
    throw failure('--subresource can only be specified for --server-side');
  }
  if (given.prune && given.force) throw failure('--force cannot be used with --prune');
  if (given.prune && !given.all && given.selector === '') {
    throw failure(
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    );
  }
  if (given.prune && serverSide) {
    throw failure(
      "--prune is in alpha and doesn't currently work on objects created by server-side apply",
    );
  }
}

function printsObjects(output: string, template: string): boolean {
  return (output !== '' && output !== 'name') || template !== '';
}

async function printApplied({ context, flags: given }: ApplyCall, applied: AnyObject[]) {
  const printer = await objectPrinter(context, given, '');
  const [only] = applied;
  const object =
    applied.length === 1 && only
      ? only
      : { apiVersion: 'v1', kind: 'List', metadata: {}, items: applied };
  await context.out.write(printer.print(object));
}

interface Applied {
  object: AnyObject;
  operation: 'created' | 'configured' | 'unchanged' | 'serverside-applied';
}

/** Asks the server to merge, as one that does not know how answers with 415 (apply.go, applyOneObject). */
async function applyOnServer(
  { context, flags: given, isGiven }: ApplyCall,
  info: Info,
  { fieldManager, fieldValidation, dryRun }: ApplyFacts,
): Promise<Applied> {
  try {
    const object = await patchObject(context, info, JSON.stringify(info.object), {
      type: 'apply',
      fieldManager: isGiven('field-manager') ? fieldManager : 'kubectl',
      fieldValidation,
      force: given['force-conflicts'],
      subresource: given.subresource || undefined,
      dryRun: dryRun === 'server',
    });
    return { object, operation: 'serverside-applied' };
  } catch (error) {
    const isUnknown = error instanceof StatusError && error.status.code === 415;
    if (!isUnknown) throw error;
    throw failure(`Server-side apply not available on the server: (${error.message})`);
  }
}

async function applyOne(call: ApplyCall, info: Info, facts: ApplyFacts): Promise<Applied> {
  const { context } = call;
  const { object } = info;
  if (!object) throw failure('no objects passed to apply');
  const { generateName = '' } = metadataOf(object);
  if (info.name === '' && generateName !== '') {
    throw failure(`from ${generateName}: cannot use generate name with apply`);
  }
  const modified = withLastApplied(object);
  let current: AnyObject;
  try {
    current = await getObject(context, info);
  } catch (error) {
    if (!isNotFound(error)) {
      const verb = `retrieving current configuration of:\n${describeInfo(info)}\nfrom server for:`;
      throw withSource(verb, info.source, error);
    }
    return { object: await create(context, info, modified, facts), operation: 'created' };
  }
  if (lastApplied(current) === undefined) await warnNeverApplied(context, info);
  const { patch, object: patched } = await patchRetrying(call, info, { current, modified, facts });
  await warnIfDeleting(context, patched);
  const isUnchanged = patch === '{}' && !printsObjects(call.flags.output, call.flags.template);
  return { object: patched, operation: isUnchanged ? 'unchanged' : 'configured' };
}

async function create(
  context: KubectlContext,
  info: Info,
  modified: AnyObject,
  { dryRun, ...facts }: ApplyFacts,
): Promise<AnyObject> {
  const object = withoutNulls(modified) as AnyObject;
  if (dryRun === 'client') return object;
  try {
    return await createObject(context, info, object, { ...facts, dryRun: dryRun === 'server' });
  } catch (error) {
    throw withSource('creating', info.source, error);
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutNulls(one)]));
}

/** apply.go, warningNoLastAppliedConfigAnnotation */
async function warnNeverApplied({ err }: KubectlContext, { resource, name }: Info): Promise<void> {
  await err.line(
    `Warning: resource ${resource.resource}/${name} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.`,
  );
}

async function warnIfDeleting({ err }: KubectlContext, object: AnyObject): Promise<void> {
  const { deletionTimestamp, name = '' } = metadataOf(object);
  if (!deletionTimestamp) return;
  await err.line(`Warning: Detected changes to resource ${name} which is currently being deleted.`);
}
