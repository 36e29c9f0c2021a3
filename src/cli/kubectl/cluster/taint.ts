import { isLabelValue, isQualifiedName } from '#kube/validation/names.ts';
import type { Node, Taint } from '#kube/types.ts';
import { type JsonObject } from '#kube/patch/json.ts';
import { patchSchemaOf } from '#kube/patch/definition-schema.ts';
import { resources } from '#kube/resources.ts';
import { bool } from '#cli/command/flags.ts';
import { failure, throwFailures, usageError } from '#cli/command/errors.ts';
import { asSandglassError } from '#base/errors.ts';
import type { Call } from '#cli/command/command.ts';
import {
  dryRunFlag,
  dryRunOf,
  fieldManagerFlag,
  fieldValidationOf,
  selectorFlag,
  validateFlag,
} from '#cli/kubectl/common-flags.ts';
import { completeResources } from '#cli/kubectl/completion/complete-objects.ts';
import type { KubectlContext } from '#cli/kubectl/context.ts';
import { taintText } from '#cli/kubectl/describe/node.ts';
import { kubectlCommand } from '#cli/kubectl/kubectl-command.ts';
import { findObjects, forEachInfo } from '#cli/kubectl/objects/find-objects.ts';
import { patchObject } from '#cli/kubectl/objects/request.ts';
import { objectPrinter, printFlags } from '#cli/kubectl/printing/print-flags.ts';
import { diffMaps } from '#cli/kubectl/write/strategic-diff.ts';
import { quote } from '#kube/go-text.ts';

const flags = {
  ...printFlags,
  ...dryRunFlag,
  ...validateFlag,
  ...selectorFlag,
  ...fieldManagerFlag('kubectl-taint'),
  all: bool('All nodes.'),
  overwrite: bool('Change taints that are there already.'),
};

type TaintCall = Call<KubectlContext, typeof flags>;

export const taintCommand = kubectlCommand({
  name: 'taint',
  use: 'NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N',
  short: 'Update the taints on one or more nodes',
  long: 'Keeps pods away from nodes unless they tolerate it. The effect must be NoSchedule, PreferNoSchedule or NoExecute.',
  examples: [
    ['Only pods that tolerate it', 'kubectl taint nodes node-1 dedicated=db:NoSchedule'],
    ['As it was', 'kubectl taint nodes node-1 dedicated:NoSchedule-'],
    ['All taints with the key away', 'kubectl taint nodes node-1 dedicated-'],
  ],
  flags,
  complete: completeResources,
  run: taint,
});

interface TaintChange {
  add: Taint[];
  remove: Taint[];
}

async function taint(call: TaintCall): Promise<void> {
  const { context, flags: given } = call;
  const dryRun = await dryRunOf(context, given['dry-run']);
  const fieldValidation = fieldValidationOf(given.validate);
  const { names, change } = await readArguments(call);
  const found = await findObjects(context, {
    ...(given.all || given.selector !== ''
      ? { args: ['nodes'], selectAll: given.all, labelSelector: given.selector }
      : { args: names, defaultType: 'node' }),
    flatten: true,
  });
  await forEachInfo(found, async (info) => {
    const { object } = info;
    if (!object) return;
    const node = object as unknown as Node;
    if (!given.overwrite) refuseOverwrites(node, change);
    const { taints, operation } = changed(node, change, given.overwrite);
    const next = { ...node, spec: { ...node.spec, taints } } as unknown as JsonObject;
    const patch = diffMaps(object as unknown as JsonObject, next, patchSchemaOf('Node'), {
      deletions: true,
      changes: true,
    });
    const printer = await objectPrinter(context, given, operation);
    const result =
      dryRun === 'client'
        ? (next as unknown as typeof object)
        : await patchObject(context, info, JSON.stringify(patch), {
            type: 'strategic',
            fieldManager: given['field-manager'],
            fieldValidation,
            dryRun: dryRun === 'server',
          });
    await context.out.write(printer.print(result));
  });
}

async function readArguments({ context, flags: given, args, path }: TaintCall) {
  const isTaint = (word: string) => word.includes('=') || word.includes(':') || word.endsWith('-');
  const first = args.findIndex(isTaint);
  const resourceWords = first < 0 ? args : args.slice(0, first);
  const specs = first < 0 ? [] : args.slice(first);
  const stray = specs.find((word) => !isTaint(word));
  if (stray !== undefined) {
    throw failure(`all resources must be specified before taint changes: ${stray}`);
  }
  const [type, ...names] = resourceWords;
  if (type === undefined) {
    throw failure('one or more resources must be specified as <resource> <name>');
  }
  if (specs.length === 0) throw failure('at least one taint update is required');
  let change: TaintChange;
  try {
    change = parseTaints(specs);
  } catch (error) {
    throw usageError(path, asSandglassError(error).message);
  }
  const resource = await context.discovery.exactResourceFor(type);
  if (resource.kind !== resources.nodes.kind) {
    throw failure(`invalid resource type ${type.toLowerCase()}, only node types are supported`);
  }
  refuseContradictions(change);
  if (given.all && given.selector !== '') {
    throw failure("setting 'all' parameter with a non empty selector is prohibited");
  }
  if (!given.all && given.selector === '' && names.length === 0) {
    throw failure("at least one resource name must be specified since 'all' parameter is not set");
  }
  return { names, change };
}

function parseTaints(specs: readonly string[]): TaintChange {
  const change: TaintChange = { add: [], remove: [] };
  for (const spec of specs) {
    if (spec.endsWith('-')) {
      const { key, effect } = parseTaint(spec.slice(0, -1));
      change.remove.push({ key, effect });
      continue;
    }
    const added = parseTaint(spec);
    if (added.effect === '') throw failure(`invalid taint spec: ${spec}`);
    if (change.add.some((one) => sameTaint(one, added))) {
      throw failure(
        `duplicated taints with the same key and effect: {${added.key} ${added.value ?? ''} ${added.effect} <nil>}`,
      );
    }
    change.add.push(added);
  }
  return change;
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** `key=value:effect`, `key:effect` or `key` (kubectl, pkg/cmd/taint/utils.go, parseTaint). */
function parseTaint(spec: string): Taint {
  const wrong = (why = '') => failure(`invalid taint spec: ${spec}${why}`);
  const parts = spec.split(':');
  if (parts.length > 2) throw wrong();
  const [name = '', effect = ''] = parts;
  if (parts.length === 2 && !effects.includes(effect)) {
    throw failure(`invalid taint effect: ${effect}, unsupported taint effect`);
  }
  const [key = '', value, ...rest] = parts.length === 2 ? name.split('=') : [name];
  if (rest.length > 0) throw wrong();
  const problems = [...(value === undefined ? [] : isLabelValue(value))];
  if (problems.length > 0) throw wrong(`, ${problems.join('; ')}`);
  const keyProblems = isQualifiedName(key);
  if (keyProblems.length > 0) throw wrong(`, ${keyProblems.join('; ')}`);
  return { key, ...(value ? { value } : {}), effect };
}

function sameTaint(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.effect === other.effect;
}

function refuseContradictions({ add, remove }: TaintChange): void {
  const both = remove.filter(({ key, effect }) =>
    add.some((one) => one.key === key && (effect === '' || one.effect === effect)),
  );
  if (both.length === 0) return;
  const names = both.map(({ key, effect }) => `${key}=${effect}`).join(', ');
  throw failure(
    `can not both modify and remove the following taint(s) in the same command: ${names}`,
  );
}

function refuseOverwrites({ metadata, spec }: Node, { add }: TaintChange): void {
  const there = spec?.taints ?? [];
  const taken = add.filter((one) => there.some((other) => sameTaint(one, other)));
  if (taken.length === 0) return;
  const keys = taken.map(({ key }) => key).join(',');
  throw failure(
    `node ${metadata?.name ?? ''} already has ${keys} taint(s) with same effect(s) and --overwrite is false`,
  );
}

/** New ones first, then what was there (utils.go, reorganizeTaints). */
function changed({ spec }: Node, { add, remove }: TaintChange, overwrite: boolean) {
  const before = spec?.taints ?? [];
  const kept = before.filter((one) => !add.some((other) => sameTaint(one, other)));
  let taints = [...add, ...kept];
  const isAdding = before.length !== taints.length;
  let isRemoving = false;
  const errors: Error[] = [];
  for (const gone of remove) {
    const rest = taints.filter(
      ({ key, effect }) => key !== gone.key || (gone.effect !== '' && effect !== gone.effect),
    );
    isRemoving = rest.length < taints.length;
    if (!isRemoving) errors.push(failure(`taint ${quote(taintText(gone))} not found`));
    taints = rest;
  }
  throwFailures(errors);
  const isModifying = (isAdding && isRemoving) || overwrite;
  return { taints, operation: isModifying ? 'modified' : isAdding ? 'tainted' : 'untainted' };
}
